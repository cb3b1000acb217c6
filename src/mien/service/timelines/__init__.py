"""How somebody's expressions went over time, by the web."""
