"""Finding the templates nearest to a face, and keeping what finds them over a restart."""
