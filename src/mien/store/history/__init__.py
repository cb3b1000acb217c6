"""What was seen: readings of faces, visits, and what was worth telling."""
