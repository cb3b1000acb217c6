"""What the window draws: its picture, and what it says over it."""
