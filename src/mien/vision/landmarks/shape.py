"""What a face mesh says beside another one of the same face: how the head has turned, and whether it is solid."""

import cv2
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

FOREHEAD, CHIN = 10, 152
_UPPER_LIP, _LOWER_LIP = 13, 14
_CORNERS_OF_MOUTH = (61, 291)
_OUTER_CORNERS = (33, 263)
_UNMOVED = (10, 151, 9, 8, 168, 6, 197, 195, 5, 4, 1, 33, 133, 362, 263, 130, 359, 127, 356, 234, 454, 21, 251)
_UNMOVED_TOO = (54, 284, 103, 332, 67, 297, 109, 338, 162, 389)
STEADY = np.array(_UNMOVED + _UNMOVED_TOO)
"""Points that no expression moves: forehead, temples, the ridge of the nose and the corners of the eyes."""


def turned_since(points: Floats, before: Floats) -> tuple[float, float]:
    """How a head has turned between two meshes (468, 3): degrees to the right of the image, and upwards.

    The rotation that brings the points which no expression moves nearest to where they are (Kabsch, 1976).
    """
    old = before[STEADY] - before[STEADY].mean(axis=0)
    new = points[STEADY] - points[STEADY].mean(axis=0)
    left, _, right = np.linalg.svd(old.astype(np.float64).T @ new)
    handed = np.sign(np.linalg.det(left @ right))
    turn = (left @ np.diag([1.0, 1.0, handed]) @ right).T
    yaw = -np.degrees(np.arctan2(turn[0, 2], turn[2, 2]))
    pitch = np.degrees(np.arcsin(np.clip(turn[1, 2], -1, 1)))
    return float(yaw), float(pitch)


def unevenness(points: Floats, before: Floats) -> float:
    """How far two meshes (468, 3) are from being pictures of one flat thing, in distances of the outer eye corners.

    Whichever way a photograph is held, its points are where one homography puts them; what is left over is depth.
    """
    flat, old = points[:, :2].astype(np.float64), before[:, :2].astype(np.float64)
    matrix, _ = cv2.findHomography(old, flat, 0)
    if matrix is None:
        return 0.0
    placed = np.hstack([old, np.ones((len(old), 1))]) @ matrix.T
    apart = placed[:, :2] / placed[:, 2:] - flat
    return float(np.sqrt((apart**2).sum(axis=1).mean()) / max(_across(points), 1e-3))


def mouth_width(points: Floats) -> float:
    """Between the corners of the mouth of a mesh (468, 3), in distances of the outer eye corners."""
    left, right = _CORNERS_OF_MOUTH
    return float(np.linalg.norm(points[left] - points[right])) / max(_across(points, 3), 1e-3)


def mouth_lift(points: Floats) -> float:
    """How far the corners of the mouth are above its middle, towards the forehead, in distances of the eye corners."""
    up = points[FOREHEAD] - points[CHIN]
    corners = points[list(_CORNERS_OF_MOUTH)].mean(axis=0)
    middle = points[[_UPPER_LIP, _LOWER_LIP]].mean(axis=0)
    return float((corners - middle) @ up / max(float(np.linalg.norm(up)), 1e-3)) / max(_across(points, 3), 1e-3)


def _across(points: Floats, axes: int = 2) -> float:
    left, right = _OUTER_CORNERS
    return float(np.linalg.norm(points[left, :axes] - points[right, :axes]))
