"""How sure a network says it is, and the temperature that makes it honest; numpy alone."""

import numpy as np
from numpy.typing import NDArray

Doubles = NDArray[np.float64]
Labels = NDArray[np.int64]

LOWEST, HIGHEST = 0.2, 5.0
"""Of temperatures: where the likeliest is one of them, others may be likelier still, and something else is wrong."""


def softmax(logits: Doubles, temperature: float = 1.0) -> Doubles:
    """Probabilities (n, k) of logits (n, k) divided by ``temperature``."""
    scaled = logits / temperature
    powers = np.exp(scaled - scaled.max(axis=1, keepdims=True))
    probabilities: Doubles = powers / powers.sum(axis=1, keepdims=True)
    return probabilities


def fit_temperature(logits: Doubles, labels: Labels) -> float:
    """The temperature from LOWEST to HIGHEST at which the labels (n,) are likeliest (Guo et al., ICML 2017)."""
    rows = np.arange(len(labels))
    candidates = np.geomspace(LOWEST, HIGHEST, 400)
    losses = [-np.log(softmax(logits, t)[rows, labels] + 1e-12).mean() for t in candidates]
    return float(candidates[int(np.argmin(losses))])


def is_at_limit(temperature: float) -> bool:
    """Whether a temperature is the lowest or the highest that is looked at."""
    return temperature in (LOWEST, HIGHEST)
