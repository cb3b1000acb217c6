"""How far eyes are open."""
