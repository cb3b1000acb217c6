"""Enrolling from each of its sources: picture files, a camera, and what cameras have seen."""
