"""Judging pictures of faces."""
