"""What a network gives: whether it is numbers, and its raw scores as shares and strengths, whatever their size."""

import numpy as np
from numpy.typing import NDArray

from mien.domain.errors import ModelCorrupt

Floats = NDArray[np.float32]


def check_finite(what: str, *outputs: Floats) -> None:
    """Raise ModelCorrupt where ``what``, such as "the network gives scores", holds infinities or no numbers at all."""
    if not all(np.isfinite(values).all() for values in outputs):
        raise ModelCorrupt(f"{what} that are no finite numbers")


def softmax(scores: Floats) -> Floats:
    """Distributions over the second axis of scores (n, k, …): shares in [0, 1] that sum to 1."""
    with np.errstate(over="ignore"):  # scores may be further apart than float32 reaches
        powers = np.exp(scores - scores.max(axis=1, keepdims=True))
    shares: Floats = powers / powers.sum(axis=1, keepdims=True)
    return shares


def sigmoid(logits: Floats) -> Floats:
    """Strengths in [0, 1] of logits of any shape."""
    powers = np.exp(-np.abs(logits))  # of what is never above 0
    strengths = np.where(logits >= 0, np.float32(1), powers) / (np.float32(1) + powers)
    return strengths.astype(np.float32)
