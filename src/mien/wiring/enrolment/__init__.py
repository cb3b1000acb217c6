"""Enrolling at a camera, and what follows from it."""
