"""Who comes in, by what, and what they may do there."""
