"""Whether a model still does what it did, and how fast it is here."""
