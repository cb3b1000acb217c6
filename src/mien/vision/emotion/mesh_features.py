"""What the shape of a face tells of its expression: how far points of its mesh are apart, whichever way it turns."""

import numpy as np
from numpy.typing import NDArray

from mien.domain.faces import FaceMesh

Floats = NDArray[np.float32]

MIDDLE = (0, 17, 13, 14, 4, 2, 152, 10, 168)
"""On the plane of symmetry: lips outside and inside, nose, chin, forehead, between the brows."""

LEFT = (70, 105, 107, 55, 33, 160, 158, 133, 153, 144, 61, 78, 40, 91, 98, 205)
RIGHT = (300, 334, 336, 285, 263, 387, 385, 362, 380, 373, 291, 308, 270, 321, 327, 425)
"""Brow, lids and corners of the eye, mouth, nostril and cheek of either side, in the same order."""

CHOSEN = (*MIDDLE, *LEFT, *RIGHT)
MIRRORED = (*MIDDLE, *RIGHT, *LEFT)
_FIRST, _SECOND = np.triu_indices(len(CHOSEN), 1)

FEATURES = len(_FIRST)

STEADY = ((33, 263), (10, 2))
"""Distances that expressions leave as they are, the measure of all others."""

LEAST = 1e-3
"""Of a distance: points may fall together, as those of closed lips."""


def mesh_features(mesh: FaceMesh, is_mirrored: bool = False) -> Floats:
    """The logarithms (n, 820) of the distances in space of every pair of chosen points, in steady distances.

    Distances in space stay as they are when a head turns. ``is_mirrored``: of the mirror images of the faces.
    """
    points = mesh.points[:, MIRRORED if is_mirrored else CHOSEN]
    distances = np.linalg.norm(points[:, _FIRST] - points[:, _SECOND], axis=2)
    ends = np.array(STEADY)
    steady = np.linalg.norm(mesh.points[:, ends[:, 0]] - mesh.points[:, ends[:, 1]], axis=2).sum(axis=1, keepdims=True)
    features: Floats = np.log(distances / np.maximum(steady, 1e-6) + LEAST).astype(np.float32)
    return features
