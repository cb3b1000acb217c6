"""Expression scores: whole distributions over a named set of labels; and what the labels are called."""

import re
from collections.abc import Iterable
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

_OTHER_WORDS = {
    "happy": "happiness",
    "joy": "happiness",
    "surprised": "surprise",
    "sad": "sadness",
    "angry": "anger",
    "disgusted": "disgust",
    "afraid": "fear",
    "fearful": "fear",
    "scared": "fear",
    "contemptuous": "contempt",
}

LABELS_EXPECTED = "expected are different ones, each of letters, digits, blanks, - and _"
"""What `are_labels` asks for, in words."""


def expression_of(label: str) -> str:
    """The one of EMOTION_LABELS that a word clearly means, as "Happy" does happiness; the word itself where none is."""
    word = label.strip().lower()
    word = _OTHER_WORDS.get(word, word)
    return word if word in EMOTION_LABELS else label


def are_labels(labels: Iterable[str]) -> bool:
    """Whether words can label expressions: all different, and none that a table's header could not hold."""
    words = list(labels)
    return len(set(words)) == len(words) and all(re.fullmatch(r"\w[\w -]{0,63}", word) for word in words)


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
