"""Events: what happened to cameras, and who came into view."""
