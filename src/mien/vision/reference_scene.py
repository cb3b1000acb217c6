"""A picture with one face that is drawn by rule: the same on every machine, to try, verify and time models on."""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from mien.domain.faces import Detections, FaceMesh
from mien.vision.emotion.mesh_features import FEATURES, LEFT, MIDDLE, RIGHT, mesh_features
from mien.vision.mesh_network import POINTS

Floats = NDArray[np.float32]
Colour = tuple[int, int, int]

EYES = 0.2
"""The distance of the eyes, in the shorter side of the picture."""

_SKIN, _LIT, _SHADE, _DARK, _RED = (130, 160, 205), (150, 180, 222), (95, 120, 165), (25, 32, 42), (70, 70, 140)
_ELLIPSES: tuple[tuple[tuple[float, float], tuple[float, float], float, Colour], ...] = (
    ((0, 1.9), (0.55, 0.9), 0.1, _SHADE),  # neck
    ((0, 3.0), (1.7, 0.9), 0.1, (90, 60, 50)),  # shoulders
    ((0, -0.15), (1.28, 1.6), 0.1, _DARK),  # hair
    ((0, 0.22), (1.05, 1.42), 0.1, _SKIN),  # face
    ((0, -0.55), (0.7, 0.45), 1, _LIT),  # forehead
    *(((side * 0.6, 0.5), (0.35, 0.35), 1, _LIT) for side in (-1, 1)),  # cheeks
    *(((side * 0.5, -0.3), (0.32, 0.07), 0.5, _DARK) for side in (-1, 1)),  # brows
    *(((side * 0.5, 0), (0.34, 0.2), 1, _SHADE) for side in (-1, 1)),  # lids
    *(((side * 0.5, 0), (0.24, 0.1), 0.3, (228, 228, 228)) for side in (-1, 1)),  # eyes
    *(((side * 0.5, 0), (0.1, 0.1), 0.3, _DARK) for side in (-1, 1)),  # irises
    ((0, 0.3), (0.1, 0.4), 1, _LIT),  # nose
    ((0, 0.62), (0.2, 0.08), 0.7, _SHADE),  # its shadow
    ((0, 1.0), (0.38, 0.13), 0.4, _RED),  # mouth
)
"""Centre, half axes and softness of the edge in distances of the eyes, from the middle between them; BGR."""

_BOX = (-1.02, -1.12, 1.02, 1.66)
_LANDMARKS = ((-0.5, 0.0), (0.5, 0.0), (0.0, 0.5), (-0.38, 1.0), (0.38, 1.0))

_MESH_MIDDLE = (
    (0, 0.84, -0.09),
    (0, 1.16, 0),
    (0, 0.95, -0.01),
    (0, 1.01, 0.02),
    (0, 0.44, -0.32),
    (0, 0.64, -0.07),
    (0, 1.59, 0.24),
    (0, -0.83, 0.17),
    (0, -0.09, 0.06),
)
_MESH_LEFT = (
    (-0.9, -0.27, 0.43),
    (-0.66, -0.41, 0.2),
    (-0.24, -0.38, 0.06),
    (-0.21, -0.25, 0.09),
    (-0.72, 0, 0.39),
    (-0.61, -0.06, 0.28),
    (-0.44, -0.06, 0.25),
    (-0.28, 0.03, 0.3),
    (-0.43, 0.07, 0.26),
    (-0.6, 0.06, 0.29),
    (-0.36, 0.98, 0.19),
    (-0.31, 0.97, 0.16),
    (-0.29, 0.91, 0.04),
    (-0.28, 1.06, 0.07),
    (-0.24, 0.62, 0.06),
    (-0.61, 0.59, 0.17),
)
"""Where the face mesh sees the points of this face that expressions are read from; the right side mirrors the left."""


def reference_input(channels: int, height: int, width: int) -> Floats:
    """What a network of a size is tried on, (1, channels, height, width).

    The picture in 0..255 or, where that is what it takes, the features of its face. Numbers by chance would not do in
    their place: so far from any face a classifier is sure of itself whatever its weights are.
    """
    is_of_features = (channels, height, width) == (1, 1, FEATURES)
    return _reference_features() if is_of_features else reference_picture(channels, height, width)


def reference_picture(channels: int, height: int, width: int) -> Floats:
    """The picture (1, channels, height, width) in whole numbers 0..255: a face before waves and edges.

    Three channels are BGR, one is their mean.
    """
    return _drawn(channels, height, width).copy()


@lru_cache(maxsize=4)  # each runtime and precision is tried on the same one, which takes longer to draw than to look at
def _drawn(channels: int, height: int, width: int) -> Floats:
    row, column = np.ogrid[0:height, 0:width]
    waves = 128 + 40 * np.sin(row / 9) + 20 * np.cos((row + 2 * column) / 23) + 20 * ((column // 16 + row // 24) % 2)
    picture = np.repeat(waves[None], 3, axis=0)
    unit, middle = _placed(width, height)
    x, y = (column + 0.5 - middle[0]) / unit, (row + 0.5 - middle[1]) / unit
    for centre, axes, softness, colour in _ELLIPSES:
        distance = np.hypot((x - centre[0]) / axes[0], (y - centre[1]) / axes[1])
        share = np.clip((1 - distance) / softness + 0.5, 0, 1)
        picture += share * (np.array(colour)[:, None, None] - picture)
    planes = picture if channels == 3 else picture.mean(axis=0, keepdims=True)
    return np.clip(np.round(planes), 0, 255)[None].astype(np.float32)


def reference_scene(width: int = 320, height: int = 256) -> NDArray[np.uint8]:
    """The picture (height, width, 3) BGR."""
    return np.ascontiguousarray(reference_picture(3, height, width)[0].transpose(1, 2, 0).astype(np.uint8))


def reference_face(width: int = 320, height: int = 256) -> Detections:
    """The face on the picture of a size, which is as sure as can be."""
    unit, middle = _placed(width, height)
    boxes = (np.array([_BOX]) * unit + np.tile(middle, 2)).astype(np.float32)
    landmarks = (np.array([_LANDMARKS]) * unit + middle).astype(np.float32)
    return Detections(boxes, np.ones(1, np.float32), landmarks)


def _reference_features() -> Floats:
    points = np.zeros((1, POINTS, 3), np.float32)
    points[0, MIDDLE], points[0, LEFT] = _MESH_MIDDLE, _MESH_LEFT
    points[0, RIGHT] = np.array(_MESH_LEFT) * (-1, 1, 1)
    return mesh_features(FaceMesh(points, np.ones(1, np.float32)))[:, None, None]


def _placed(width: int, height: int) -> tuple[float, NDArray[np.float64]]:
    """The distance of the eyes and the point between them, in px."""
    return EYES * min(width, height), np.array([width / 2, 0.48 * height])
