"""Logs without names, pictures or secrets."""
