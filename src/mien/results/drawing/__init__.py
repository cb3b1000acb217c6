"""Drawing readings onto pictures."""
