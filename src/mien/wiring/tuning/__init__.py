"""Models measured on pictures of one's own, what follows of that, and what trained ones start from."""
