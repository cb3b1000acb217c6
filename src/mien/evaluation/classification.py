"""How right and how honest a classifier is: accuracy, recall, confusion and calibration."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Rows = NDArray[np.floating[Any]]
Labels = NDArray[np.int64]

BINS = 15


@dataclass(frozen=True, slots=True)
class Classification:
    """What n labelled pictures say of a classifier.

    ``macro_recall`` is the mean over the classes that occur; ``ece`` the expected calibration error of those pictures
    that got an answer; ``confusion`` (k, k) counts them by truth (rows) and answer. ``unanswered`` pictures are wrong.
    """

    accuracy: float
    macro_recall: float
    ece: float
    labels: tuple[str, ...]
    confusion: tuple[tuple[int, ...], ...]
    count: int
    unanswered: int


def classify_quality(probabilities: Rows, truth: Labels, unanswered: Labels, labels: tuple[str, ...]) -> Classification:
    """Judge distributions (n, k) against labels (n,) in 0..k-1; ``unanswered`` (m,) are the labels of the rest."""
    confusion = np.zeros((len(labels), len(labels)), np.int64)
    np.add.at(confusion, (truth, probabilities.argmax(axis=1)), 1)
    totals = confusion.sum(axis=1) + np.bincount(unanswered, minlength=len(labels))
    occurs = totals > 0
    recalls = np.diag(confusion)[occurs] / totals[occurs]
    return Classification(
        accuracy=float(np.trace(confusion) / max(totals.sum(), 1)),
        macro_recall=float(recalls.mean()) if occurs.any() else 0.0,
        ece=expected_calibration_error(probabilities, truth),
        labels=labels,
        confusion=tuple(tuple(int(count) for count in row) for row in confusion),
        count=int(totals.sum()),
        unanswered=len(unanswered),
    )


def expected_calibration_error(probabilities: Rows, truth: Labels, bins: int = BINS) -> float:
    """Mean distance of confidence and accuracy over equal bins of confidence, weighted by their pictures.

    Guo et al., "On Calibration of Modern Neural Networks", ICML 2017. 0 where there are no pictures.
    """
    confidence = probabilities.max(axis=1)
    is_right = probabilities.argmax(axis=1) == truth
    place = np.minimum((confidence * bins).astype(np.int64), bins - 1)
    gaps = [abs(float(confidence[place == b].mean()) - float(is_right[place == b].mean())) for b in np.unique(place)]
    weights = [float((place == b).mean()) for b in np.unique(place)]
    return sum(gap * weight for gap, weight in zip(gaps, weights, strict=True))
