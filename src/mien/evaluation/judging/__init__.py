"""How right answers are: of classes, and of valence and arousal."""
