"""Showing that somebody is there in person: a challenge of moves that are made up anew each time."""
