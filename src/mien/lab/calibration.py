"""How right and how honest a classifier is: accuracy, recall, confusion, calibration error and the temperature."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Rows = NDArray[np.float64]
Labels = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Scores:
    """What n labelled pictures say of a classifier; ``confusion`` (k, k) counts truth by answer."""

    pictures: int
    accuracy: float
    recalls: tuple[float, ...]
    mean_recall: float
    calibration_error: float
    confusion: tuple[tuple[int, ...], ...]


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


def expected_calibration_error(probabilities: Rows, labels: Labels, bins: int = 15) -> float:
    """Mean distance between confidence and accuracy over equal bins of confidence, weighted by their size."""
    confidence = probabilities.max(axis=1)
    is_right = probabilities.argmax(axis=1) == labels
    place = np.minimum((confidence * bins).astype(np.int64), bins - 1)
    gaps = [
        abs(confidence[place == number].mean() - is_right[place == number].mean()) * (place == number).mean()
        for number in np.unique(place)
    ]
    return float(sum(gaps))


def score(probabilities: Rows, labels: Labels) -> Scores:
    """Scores of probabilities (n, k) against labels (n,) in 0..k-1; a class without pictures has recall 0."""
    classes = probabilities.shape[1]
    confusion = np.zeros((classes, classes), np.int64)
    np.add.at(confusion, (labels, probabilities.argmax(axis=1)), 1)
    recalls = np.diag(confusion) / np.maximum(confusion.sum(axis=1), 1)
    return Scores(
        pictures=len(labels),
        accuracy=float(np.trace(confusion) / max(len(labels), 1)),
        recalls=tuple(float(recall) for recall in recalls),
        mean_recall=float(recalls.mean()),
        calibration_error=expected_calibration_error(probabilities, labels),
        confusion=tuple(tuple(int(count) for count in row) for row in confusion),
    )
