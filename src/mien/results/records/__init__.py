"""What a track, a person and a source come to, added up reading by reading."""
