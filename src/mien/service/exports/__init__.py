"""What is kept of a range of time, handed out by the web: readings, events, and a report over them."""
