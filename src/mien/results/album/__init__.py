"""Pages and prints with pictures of the people of a gallery."""
