"""How somebody's expressions went over time: looked up, and told as fields and as a table."""
