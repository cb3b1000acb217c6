"""What the depth of a picture says of it."""
