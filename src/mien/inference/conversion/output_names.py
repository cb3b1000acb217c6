"""What converted networks call the numbers they give, whoever wrote the checkpoint."""

INPUT = "images"
"""Every network takes ``images`` (n, channels, height, width) float32, normalised as its card says."""

EMBEDDINGS = "embeddings"
"""What a recogniser tells of a face: (n, d), not normalised."""

LOGITS = "logits"
"""Scores of classes before the softmax: (n, classes)."""

VALENCE_AROUSAL = "valence_arousal"
"""How pleasant and how agitated a face looks: (n, 2)."""

QUALITY = "quality"
"""How fit a face is to be recognised, on the scale of its network: (n, 1)."""

PROBABILITIES = "probabilities"
"""Probabilities of classes, of a network that ends in the softmax itself: (n, classes)."""
