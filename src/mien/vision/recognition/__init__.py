"""Embedding faces."""
