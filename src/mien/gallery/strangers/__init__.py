"""Faces nobody has named yet: which of them are one person, and who that might be."""
