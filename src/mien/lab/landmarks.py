"""Where the five landmarks lie in small face pictures, and the similarity transforms that bring them together."""

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from mien.domain.geometry import similarity_transform

Floats = NDArray[np.float32]

CANVAS_PX = 320
ENLARGEMENT = 4
LEAST_SCORE = 0.7


@dataclass(frozen=True, slots=True)
class Landmarks:
    """Five points (n, 5, 2) in px of each picture, and whether the detector was sure of a face (n,)."""

    points: Floats
    is_found: NDArray[np.bool_]


def find_landmarks(images: NDArray[np.uint8], detector: Path) -> Landmarks:
    """Five points in grey pictures (n, s, s) by YuNet, on each picture four times enlarged on a 320×320 canvas.

    The margin matters: the faces fill their pictures and YuNet wants to see where a face ends.
    """
    yunet = cv2.FaceDetectorYN.create(str(detector), "", (CANVAS_PX, CANVAS_PX), LEAST_SCORE, 0.3, 50)
    points = np.zeros((len(images), 5, 2), np.float32)
    is_found = np.zeros(len(images), dtype=bool)
    for row, image in enumerate(images):
        canvas, margin = _on_canvas(image)
        _, faces = yunet.detect(canvas)
        if faces is None:
            continue
        from_centre = np.abs(faces[:, 0:2] + faces[:, 2:4] / 2 - CANVAS_PX / 2).sum(axis=1)
        face = faces[np.argmin(from_centre - 100 * faces[:, 14])]  # a score of 0.1 is worth 10 px
        enlarged = face[4:14].reshape(5, 2) - margin
        points[row] = (enlarged + 0.5) / ENLARGEMENT - 0.5  # pixel centres lie on whole numbers
        is_found[row] = True
    return Landmarks(points, is_found)


def _on_canvas(image: NDArray[np.uint8]) -> tuple[NDArray[np.uint8], int]:
    side = image.shape[0] * ENLARGEMENT
    margin = (CANVAS_PX - side) // 2
    canvas = np.full((CANVAS_PX, CANVAS_PX), int(image.mean()), np.uint8)
    enlarged = cv2.resize(image, (side, side), interpolation=cv2.INTER_CUBIC)
    canvas[margin : margin + side, margin : margin + side] = enlarged
    return np.asarray(cv2.cvtColor(canvas, cv2.COLOR_GRAY2BGR), np.uint8), margin


def typical_placement(landmarks: Landmarks, side_px: int) -> Floats:
    """The template (5, 2) in px: the median of each coordinate, averaged with its mirror image.

    Training flips pictures, so the template has to be its own mirror image.
    """
    median = np.median(landmarks.points[landmarks.is_found], axis=0)
    mirrored = median[[1, 0, 2, 4, 3]] * (-1, 1) + (side_px - 1, 0)
    return np.asarray((median + mirrored) / 2, np.float32)


def placements(landmarks: Landmarks, template: Floats) -> Floats:
    """Matrices (n, 2, 3) from px of the aligned crop to px of the picture; the identity where no face was found."""
    matrices = np.tile(np.eye(2, 3, dtype=np.float32), (len(landmarks.points), 1, 1))
    for row in np.flatnonzero(landmarks.is_found):
        matrices[row] = similarity_transform(template, landmarks.points[row])
    return matrices


def realign(images: NDArray[np.uint8], matrices: Floats) -> NDArray[np.uint8]:
    """Pictures (n, s, s) cut again as the pipeline would cut them: bilinear, border 0."""
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    crops = [
        cv2.warpAffine(image, matrix, image.shape[::-1], flags=flags)
        for image, matrix in zip(images, matrices, strict=True)
    ]
    return np.array(crops, np.uint8).reshape(images.shape)
