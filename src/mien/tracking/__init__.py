"""Who is the same face over time."""
