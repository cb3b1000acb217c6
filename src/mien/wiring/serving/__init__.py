"""The web service put together, area by area."""
