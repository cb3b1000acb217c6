"""How the gallery stays right: what is doubtful is proposed, what is decided is done, and can be undone."""
