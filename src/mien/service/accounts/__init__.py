"""Accounts, one's own password, and keys of programs."""
