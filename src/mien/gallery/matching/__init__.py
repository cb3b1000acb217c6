"""How faces are compared: everybody's templates, the thresholds, and what counts as a good view."""
