"""The spine: what happens to a frame, and when."""
