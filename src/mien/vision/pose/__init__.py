"""Where heads turn."""
