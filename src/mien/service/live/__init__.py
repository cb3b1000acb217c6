"""Sockets: what cameras see, live, and a browser's own camera."""
