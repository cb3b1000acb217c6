"""Whether the service lives, and how it fares."""
