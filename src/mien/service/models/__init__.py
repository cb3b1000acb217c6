"""Models by the web: their cards, how they stand here, and the acceptance of their terms."""
