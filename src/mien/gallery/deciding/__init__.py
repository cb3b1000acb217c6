"""Who the faces of a source are: over a track, or of single pictures."""
