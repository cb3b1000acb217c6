"""How sure a network says it is, and the temperature that makes it honest."""

import numpy as np
from numpy.typing import NDArray

Rows = NDArray[np.float64]
Labels = NDArray[np.int64]


def softmax(logits: Rows, temperature: float = 1.0) -> Rows:
    """Probabilities (n, k) of logits (n, k) divided by ``temperature``."""
    scaled = logits / temperature
    powers = np.exp(scaled - scaled.max(axis=1, keepdims=True))
    probabilities: Rows = powers / powers.sum(axis=1, keepdims=True)
    return probabilities


def fit_temperature(logits: Rows, labels: Labels) -> float:
    """The temperature in [0.2, 5] at which the labels (n,) are likeliest (Guo et al., ICML 2017)."""
    rows = np.arange(len(labels))
    candidates = np.exp(np.linspace(np.log(0.2), np.log(5), 400))
    losses = [-np.log(softmax(logits, t)[rows, labels] + 1e-12).mean() for t in candidates]
    return float(candidates[int(np.argmin(losses))])
