"""`mien models`: one file per group of its verbs."""
