"""Labelled pictures: from the layouts in which datasets are published to one manifest, and from there to arrays."""
