"""Where the spine runs."""
