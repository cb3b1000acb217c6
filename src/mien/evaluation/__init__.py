"""Measured truth, without torch."""
