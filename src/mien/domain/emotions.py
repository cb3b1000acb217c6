"""Expression scores: whole distributions over a named set of labels."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

EMOTION_LABELS: tuple[str, ...] = (
    "neutral",
    "happiness",
    "surprise",
    "sadness",
    "anger",
    "disgust",
    "fear",
    "contempt",
)
"""The eight classes of FER+ (Barsoum et al., 2016) in its own order, which mien uses unless a model's card differs."""


@dataclass(frozen=True, slots=True)
class EmotionScores:
    """Apparent expression of n faces: probabilities (n, k) whose rows sum to 1, one column per label.

    ``valence_arousal`` (n, 2) in [-1, 1] where the network has a head for them.
    """

    probabilities: NDArray[np.float32]
    labels: tuple[str, ...]
    valence_arousal: NDArray[np.float32] | None = None

    def __post_init__(self) -> None:
        if self.probabilities.ndim != 2 or self.probabilities.shape[1] != len(self.labels):
            raise ValueError(
                f"expected probabilities (n, {len(self.labels)}) for labels {self.labels}, "
                f"got {self.probabilities.shape}"
            )

    def __len__(self) -> int:
        return len(self.probabilities)
