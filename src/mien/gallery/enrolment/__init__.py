"""Taking people into the gallery."""
