"""A second, close and upright look at faces that are tilted, for landmarks that are drawn as aslant as the face is."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from mien.domain.faces import CropSpec, Detections
from mien.domain.frame import Pixels
from mien.domain.geometry import similarity_transforms
from mien.domain.landmarks import ARCFACE_112
from mien.vision.alignment import align

Floats = NDArray[np.float32]
Look = Callable[[NDArray[np.uint8]], Floats]
"""Takes n close-ups (n, size, size, 3) BGR and gives the landmarks (n, 5, 2) in px of each, none of which are numbers
where it sees no face."""

LEAST_SCORE = 0.3
"""Of a face on a close-up: there is one, or there would be no close-up."""

TILTED_DEGREES = 5.0
"""Eyes less aslant are drawn rightly at the first look: a second one gains nothing there, and costs as much as an
embedding."""

MOST_AT_ONCE = 16
"""Close-ups that are cut and looked at together: the planes of one take up to 5 MB, and a crowd has hundreds."""

MIDDLE = (56.0, 72.0)
"""Of the template of ArcFace."""


def close_up(size: int, eyes: float) -> CropSpec:
    """A face turned upright in the middle of a square of ``size`` px, the eyes ``eyes`` of its side apart."""
    template = np.array(ARCFACE_112)
    points = (template - MIDDLE) * (eyes * size / (template[1, 0] - template[0, 0])) + size / 2
    return CropSpec(size, tuple((float(x), float(y)) for x, y in points), "bgr")


def measured_close(
    pixels: Pixels, detections: Detections, spec: CropSpec, look: Look, tilt_degrees: float = TILTED_DEGREES
) -> Detections:
    """The same faces, the landmarks of those whose eyes are at least so aslant as they are seen on close-ups.

    Where ``look`` sees no face, landmarks stay as they are.
    """
    eyes = detections.landmarks[:, 1] - detections.landmarks[:, 0]
    tilted = np.flatnonzero(np.abs(np.degrees(np.arctan2(eyes[:, 1], eyes[:, 0]))) >= tilt_degrees)
    landmarks = detections.landmarks.copy()
    for start in range(0, len(tilted), MOST_AT_ONCE):
        part = tilted[start : start + MOST_AT_ONCE]
        found = look(align(pixels, landmarks[part], spec).images)
        to_cuts = similarity_transforms(landmarks[part], np.array(spec.template, np.float32))
        lifted = (found - to_cuts[:, None, :, 2]) @ np.linalg.inv(to_cuts[:, :, :2]).swapaxes(1, 2)
        is_seen = np.isfinite(found).all(axis=(1, 2))
        landmarks[part[is_seen]] = lifted[is_seen]
    return replace(detections, landmarks=landmarks)
