"""How people come into a store whole, and leave it so."""
