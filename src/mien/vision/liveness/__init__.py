"""Telling live faces from prints and screens."""
