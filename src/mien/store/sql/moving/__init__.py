"""How people come into a database whole, and leave it so."""
