"""What is worth telling."""
