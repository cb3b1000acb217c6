"""Foreign file formats, read without executing what is in them."""
