"""Cameras: how they are, and what they show now."""
