"""Dense landmarks of faces."""
