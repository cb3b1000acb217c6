"""Logging in and out, and the first admin."""
