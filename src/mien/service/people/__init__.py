"""People: enrolled by pictures, looked at, and put in order."""
