"""People: who they are, what they agreed to, and when they were seen."""
