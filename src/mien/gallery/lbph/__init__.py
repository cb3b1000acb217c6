"""The classic recogniser: its model, from which distance on a face is nobody's, and what a track is called."""
