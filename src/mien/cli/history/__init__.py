"""What is kept of a range of time, from the terminal."""
