"""Accounts of the web app in SQL, and by what somebody comes in."""
