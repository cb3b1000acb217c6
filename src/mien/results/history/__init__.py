"""What a home has kept of a range of time, written out: readings, events, and a report over them."""
