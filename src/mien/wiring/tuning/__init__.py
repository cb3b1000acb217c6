"""Models measured on pictures of one's own, and what follows: precisions that are kept, thresholds on cards."""
