"""Where the five landmarks of a face lie in its box on average, for networks that give boxes alone."""

import numpy as np
from numpy.typing import NDArray

from mien.domain.geometry import box_sizes

Floats = NDArray[np.float32]

LAYOUT = ((0.277, 0.379), (0.723, 0.379), (0.5, 0.575), (0.309, 0.73), (0.691, 0.73))
"""Shares of width and height: the mean of 602 faces of LFW and their mirror images, found by YuNet."""


def typical_landmarks(boxes: Floats) -> Floats:
    """The average places of the five landmarks in boxes (n, 4), as (n, 5, 2) in the px of the boxes.

    The boxes are those of WIDER FACE, from the forehead to the chin and without the ears.
    """
    places: Floats = boxes[:, None, :2] + box_sizes(boxes)[:, None] * np.array(LAYOUT, np.float32)
    return places
