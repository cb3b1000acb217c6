"""Folders of people that are taken in, by the web."""
