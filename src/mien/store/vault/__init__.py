"""Encryption at rest: what is kept of faces and names is sealed, and its key lies outside the home."""
