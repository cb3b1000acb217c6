"""What the areas of the web service are made of."""
