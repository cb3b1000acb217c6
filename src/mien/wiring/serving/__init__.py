"""What each area of the web service needs, put together."""
