"""The curve of errors over what is discarded, and the similarity from which on two faces count as one person."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Rows = NDArray[np.float64]
Floats = NDArray[np.float32]

SHARES = tuple(tenth / 10 for tenth in range(10))
"""Of the pairs, discarded from the worst on: where the curve is told."""

UP_TO = 0.5
"""The share up to which the area is taken: nobody discards more than half of what a camera sees."""

_STEPS = 101
_BLOCK = 512


@dataclass(frozen=True, slots=True)
class DiscardCurve:
    """False non-match rates by the share of the pairs that is discarded, worst first.

    ``area`` is that under the curve up to a share of UP_TO, divided by UP_TO: the mean rate.
    """

    fnmr: dict[str, float]
    area: float


def discard_curve(is_missed: NDArray[np.bool_], qualities: Rows) -> DiscardCurve:
    """The curve of n pairs of one person, of which some are missed, in the order of their qualities (n,).

    Grother and Tabassi, "Performance of Biometric Quality Measures", PAMI 2007. Of pairs of equal quality, each is
    discarded as likely as any other.
    """
    _, place, counts = np.unique(qualities, return_inverse=True, return_counts=True)
    rates = np.bincount(place, weights=is_missed) / counts
    gone = np.concatenate([[0.0], np.cumsum(np.repeat(rates, counts))])
    fine = np.linspace(0, UP_TO, _STEPS)
    shares = np.concatenate([SHARES, fine])
    discarded = (shares * len(qualities) + 1e-9).astype(np.int64)
    left = (gone[-1] - gone[discarded]) / (len(qualities) - discarded)
    told = {str(share): round(float(rate), 6) for share, rate in zip(SHARES, left[: len(SHARES)], strict=True)}
    return DiscardCurve(told, round(float(np.trapezoid(left[len(SHARES) :], fine) / UP_TO), 6))


def threshold_at_fmr(vectors: Floats, people: Sequence[str], rate: float) -> float:
    """The similarity that at most a share ``rate`` of all pairs of two people exceed, of n vectors (n, d) of length 1.

    NaN where there are no two people.
    """
    owners = np.unique(people, return_inverse=True)[1]
    total = (len(owners) ** 2 - int((np.bincount(owners) ** 2).sum())) // 2
    if not total:
        return float("nan")
    allowed = min(int(rate * total), total - 1)
    highest = np.zeros(0, np.float32)
    for start in range(0, len(vectors), _BLOCK):
        rows = slice(start, start + _BLOCK)
        similarities = vectors[rows] @ vectors[start:].T
        counted = np.triu(owners[rows, None] != owners[None, start:], 1)
        highest = np.concatenate([highest, similarities[counted]])
        if len(highest) > allowed + 1:
            highest = np.partition(highest, len(highest) - allowed - 1)[-allowed - 1 :]
    return float(highest.min())
