"""How far an export is from the network it came from, on real faces."""

from collections.abc import Callable, Sequence

import numpy as np
import torch
from numpy.typing import NDArray

from mien.domain.errors import ModelError
from mien.lab.networks.expression import ServedNetwork

TOLERANCE = 1e-4
"""Of a probability, valence or arousal: what other orders of adding leave, and a hundredth of what anybody sees."""

Floats = NDArray[np.float32]
Answerer = Callable[[Floats], Sequence[Floats]]
"""Takes pictures (n, c, s, s), 0..255; gives probabilities (n, k) and, if there are any, valence and arousal (n, 2)."""


def expected(served: ServedNetwork, sample: Floats) -> tuple[Floats, ...]:
    """What the network answers to pictures (n, c, s, s)."""
    with torch.inference_mode():
        return tuple(output.float().numpy() for output in served(torch.from_numpy(sample)))


def prove(what: str, answerer: Answerer, sample: Floats, wanted: Sequence[Floats]) -> float:
    """The largest difference of any answer; raises ModelError where it is more than TOLERANCE, or shapes differ.

    One face and all of them at once are asked: a format that knows one size of batch alone is found out.
    """
    differences = []
    for part in (slice(0, 1), slice(None)):
        found = list(answerer(sample[part]))
        shapes = [np.shape(one) for one in found], [one[part].shape for one in wanted]
        if shapes[0] != shapes[1]:
            raise ModelError(f"{what} answers in the shapes {shapes[0]}, the network in {shapes[1]}")
        differences += [np.abs(a - b[part]).max() for a, b in zip(found, wanted, strict=True)]
    worst = float(np.max(differences))  # what is no number stays none, and is refused
    if not worst <= TOLERANCE:
        raise ModelError(f"{what} differs from the network by {worst:.2e}, allowed is {TOLERANCE:g}")
    return worst
