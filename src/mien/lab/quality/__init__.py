"""Making the head that tells from a recogniser's own features how good the picture of a face is."""
