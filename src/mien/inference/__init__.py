"""How a model file runs, knowing nothing of faces."""
