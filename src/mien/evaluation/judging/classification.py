"""How right and how honest a classifier is: accuracy, recall, F1, confusion and calibration."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Rows = NDArray[np.floating[Any]]
Labels = NDArray[np.int64]

BINS = 15


@dataclass(frozen=True, slots=True)
class ClassQuality:
    """Of one class: which share of its answers is right, which of its pictures is found, and their harmonic mean."""

    precision: float
    recall: float
    f1: float
    count: int


@dataclass(frozen=True, slots=True)
class Classification:
    """What n labelled pictures say of a classifier.

    ``macro_recall`` and ``macro_f1`` are means over the classes that occur, ``weighted_f1`` one by their pictures;
    ``ece`` is the expected calibration error of those pictures that got an answer; ``confusion`` (k, k) counts them by
    truth (rows) and answer, ``per_class`` judges each label. ``unanswered`` pictures are wrong.
    """

    accuracy: float
    macro_recall: float
    macro_f1: float
    weighted_f1: float
    ece: float
    labels: tuple[str, ...]
    confusion: tuple[tuple[int, ...], ...]
    per_class: tuple[ClassQuality, ...]
    count: int
    unanswered: int

    @property
    def classes_without_pictures(self) -> tuple[str, ...]:
        """The labels that no picture has, of which the means say nothing."""
        return tuple(label for label, one in zip(self.labels, self.per_class, strict=True) if not one.count)

    @property
    def never_answered(self) -> tuple[str, ...]:
        """The labels that pictures have, and that were answered to none."""
        answers = np.sum(self.confusion, axis=0)
        rows = zip(self.labels, self.per_class, answers, strict=True)
        return tuple(label for label, one, count in rows if one.count and not count)

    @property
    def commonest(self) -> str:
        """The label that most pictures have, the first of several such."""
        return self.labels[int(np.argmax([one.count for one in self.per_class]))]

    @property
    def commonest_share(self) -> float:
        """How many of the pictures have it: the accuracy of who always says it."""
        return max(one.count for one in self.per_class) / max(self.count, 1)


def classify_quality(probabilities: Rows, truth: Labels, unanswered: Labels, labels: tuple[str, ...]) -> Classification:
    """Judge distributions (n, k) against labels (n,) in 0..k-1; ``unanswered`` (m,) are the labels of the rest."""
    confusion = np.zeros((len(labels), len(labels)), np.int64)
    np.add.at(confusion, (truth, probabilities.argmax(axis=1)), 1)
    totals = confusion.sum(axis=1) + np.bincount(unanswered, minlength=len(labels))
    classes = _per_class(confusion, totals)
    occurring = [one for one in classes if one.count] or [ClassQuality(0.0, 0.0, 0.0, 0)]
    return Classification(
        accuracy=float(np.trace(confusion) / max(totals.sum(), 1)),
        macro_recall=float(np.mean([one.recall for one in occurring])),
        macro_f1=float(np.mean([one.f1 for one in occurring])),
        weighted_f1=sum(one.f1 * one.count for one in occurring) / max(int(totals.sum()), 1),
        ece=expected_calibration_error(probabilities, truth),
        labels=labels,
        confusion=tuple(tuple(int(count) for count in row) for row in confusion),
        per_class=classes,
        count=int(totals.sum()),
        unanswered=len(unanswered),
    )


def _per_class(confusion: Labels, totals: Labels) -> tuple[ClassQuality, ...]:
    """Each label by the counts (k, k) of truth and answer, and how many pictures (k,) it has, unanswered ones too."""
    right, answers = np.diag(confusion).astype(np.float64), confusion.sum(axis=0)
    precisions, recalls = right / np.maximum(answers, 1), right / np.maximum(totals, 1)
    means = 2 * right / np.maximum(answers + totals, 1)
    rows = zip(precisions, recalls, means, totals, strict=True)
    return tuple(ClassQuality(float(one), float(two), float(mean), int(count)) for one, two, mean, count in rows)


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
