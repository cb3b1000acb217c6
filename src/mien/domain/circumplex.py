"""The plane of valence and arousal: where expressions lie on it, and what its parts are called.

The positions are the mean pleasure and arousal that Russell and Mehrabian's subjects gave to each word ("Evidence for a
three-factor theory of emotions", Journal of Research in Personality 11, 1977, table 1: Happy, Surprised, Angry,
Disgusted, Fearful, Contempt, Sad, Fatigued, Bored, Confused, Excited, Relaxed), neutral being the origin. They are
about words for feelings: a position that is derived from them says where the words for an expression lie.
"""

from collections.abc import Mapping
from math import hypot
from types import MappingProxyType
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from mien.domain.emotions import expression_of

Quadrant = Literal["neutral", "excited", "distressed", "gloomy", "content"]
NEUTRAL_RADIUS = 0.25
"""Closer to the origin than this lies the neutral zone.

Derived from the distributions of the expression model that mien ships, 79 % of the neutral faces of FER+ PublicTest lie
inside and 94 % of the others (mean over six classes, without contempt) outside.
"""

_PLACES: tuple[tuple[tuple[str, ...], tuple[float, float]], ...] = (
    (("neutral",), (0.0, 0.0)),
    (("happiness",), (0.81, 0.51)),
    (("surprise",), (0.40, 0.67)),
    (("anger",), (-0.51, 0.59)),
    (("disgust",), (-0.60, 0.35)),
    (("fear",), (-0.64, 0.60)),
    (("contempt",), (-0.23, 0.31)),
    (("sadness",), (-0.63, -0.27)),
    (("tired", "fatigued"), (-0.18, -0.57)),
    (("bored", "boredom"), (-0.65, -0.62)),
    (("confused", "confusion"), (-0.53, 0.27)),
    (("excited", "excitement"), (0.62, 0.75)),
    (("relaxed", "calm"), (0.68, -0.46)),
)
POSITIONS: Mapping[str, tuple[float, float]] = MappingProxyType(
    {word: place for words, place in _PLACES for word in words}
)
"""Valence and arousal in [-1, 1] of the labels that have a position, small letters."""


def _word(label: str) -> str:
    return expression_of(label).lower()


def is_placed(labels: tuple[str, ...]) -> bool:
    """Whether each of some labels has a position, so that their distributions have one too."""
    return bool(labels) and all(_word(label) in POSITIONS for label in labels)


def expected_position(probabilities: NDArray[np.float32], labels: tuple[str, ...]) -> NDArray[np.float32]:
    """Expected valence and arousal (n, 2) of n distributions (n, k) over k labels.

    Raises ValueError where one of the labels has no position.
    """
    if not is_placed(labels):
        unplaced = [label for label in labels if _word(label) not in POSITIONS]
        raise ValueError(f"expected labels that have a position on the circumplex, got {unplaced}")
    positions = np.array([POSITIONS[_word(label)] for label in labels], np.float32)
    expected: NDArray[np.float32] = probabilities @ positions
    return expected


def quadrant(valence: float, arousal: float) -> Quadrant:
    """What a part of the plane is called: the neutral zone, or a word of Russell's near the middle of the quadrant.

    Excited, distressed, gloomy and content lie at 49, 138, 209 and 323 degrees in Russell, "A circumplex model of
    affect", Journal of Personality and Social Psychology 39, 1980.
    """
    if hypot(valence, arousal) < NEUTRAL_RADIUS:
        return "neutral"
    if arousal >= 0:
        return "excited" if valence >= 0 else "distressed"
    return "content" if valence >= 0 else "gloomy"
