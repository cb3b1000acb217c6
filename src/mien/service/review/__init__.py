"""Strangers who wait for somebody to say who they are."""
