"""Coming in by one's face, and signing up before a camera."""
