"""Forgetting people for good: whom it takes, what is removed, and the search for what might be left."""
