"""Readings added up, in SQL."""
