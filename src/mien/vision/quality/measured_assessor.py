"""Picture quality from what can be measured without a network: size, sharpness, light, pose, cut-off and score."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from mien.domain.faces import CropSpec, Detections, Quality
from mien.domain.frame import Pixels
from mien.domain.geometry import box_sizes, similarity_transforms
from mien.domain.landmarks import ARCFACE_112
from mien.vision.alignment import align
from mien.vision.orientation import orientation

Floats = NDArray[np.float32]

FACE_ROWS, FACE_COLUMNS = slice(32, 104), slice(26, 86)
"""The part of an aligned crop that is face in every picture: brows to chin, cheek to cheek."""

GOOD = 0.7
"""From this score on nothing is said to limit a face."""

UNLIMITED = 0.95
"""A curve that leaves this share is not what limits a face: seven of them together would leave GOOD."""


@dataclass(frozen=True, slots=True)
class Curve:
    """What share of its similarity to other pictures of the same person a face keeps at a measured value."""

    reason: str
    values: tuple[float, ...]
    shares: tuple[float, ...]

    def share(self, measured: Floats) -> Floats:
        """Shares (n,) in [0, 1] by linear interpolation."""
        return np.interp(measured, self.values, self.shares).astype(np.float32)


# Measured on 450 LFW pairs of one person, one picture of each spoilt by degrees; 1.0 is the unspoilt pair.
SIZE = Curve("too small", (6, 9, 12, 18, 26, 40), (0.0, 0.15, 0.37, 0.62, 0.85, 1.0))  # shorter side, px
SHARPNESS = Curve(
    "blurred", (0.003, 0.008, 0.013, 0.018, 0.022, 0.028, 0.045), (0.1, 0.35, 0.5, 0.65, 0.8, 0.9, 1.0)
)  # _light
DARKNESS = Curve("dark", (4, 10, 17, 24, 40, 64), (0.0, 0.35, 0.73, 0.84, 0.9, 1.0))  # mean luma
GLARE = Curve("bright", (0.1, 0.4, 0.66, 0.76, 0.8, 0.95), (1.0, 0.85, 0.66, 0.42, 0.25, 0.0))  # share near white
VISIBLE = Curve("cut off", (0.3, 0.5, 0.65, 0.75, 0.9, 1.0), (0.1, 0.37, 0.55, 0.8, 0.9, 1.0))  # share of the crop
# LFW has too few of these; set by the acted clips, in which people turn their heads.
TURNED = Curve("turned away", (20, 35, 50, 65, 80), (1.0, 0.85, 0.55, 0.25, 0.0))  # degrees
CERTAINTY = Curve(
    "uncertain", (0.3, 0.6, 0.75, 0.8, 0.88), (0.1, 0.3, 0.45, 0.65, 1.0)
)  # detection score: emblems reach 0.8

NEARLY_WHITE = 245


@dataclass(frozen=True, slots=True)
class Limits:
    """What is left of n faces by each curve: shares (curves, n) in [0, 1]."""

    curves: tuple[Curve, ...]
    shares: Floats

    def reasons(self, scores: Floats, otherwise: str) -> tuple[str, ...]:
        """What limits each face that scores (n,) below GOOD most: ``otherwise`` where no curve does; else ``""``."""
        worst, least = self.shares.argmin(axis=0), self.shares.min(axis=0)
        named = (
            self.curves[curve].reason if share < UNLIMITED else otherwise
            for curve, share in zip(worst, least, strict=True)
        )
        return tuple("" if score >= GOOD else reason for score, reason in zip(scores, named, strict=True))


class MeasuredAssessor:
    """Multiplies the shares that size, sharpness, light, pose, cut-off and detection score leave of a face.

    A score of 0.5 says that half of the similarity to other pictures of that person is to be expected.
    """

    def __init__(self) -> None:
        self._spec = CropSpec(112, ARCFACE_112, "grey")
        rows, columns = np.mgrid[20:112:13, 22:96:9]
        self._grid = np.stack([columns.ravel(), rows.ravel()]).astype(np.float32)  # (2, points) over the face

    def assess(self, pixels: Pixels, detections: Detections) -> Quality:
        limits = self.limits(pixels, detections)
        scores: Floats = limits.shares.prod(axis=0)
        return Quality(scores, limits.reasons(scores, CERTAINTY.reason))

    def limits(self, pixels: Pixels, detections: Detections) -> Limits:
        """Everything that can be measured of n faces of a picture."""
        crops = align(pixels, detections.landmarks, self._spec)
        means, sharpness, glare = _light(crops.images[:, FACE_ROWS, FACE_COLUMNS, 0])
        columns = (
            (SIZE, box_sizes(detections.boxes).min(axis=1)),
            (SHARPNESS, sharpness),
            (DARKNESS, means),
            (GLARE, glare),
            (TURNED, orientation(detections.landmarks).turned),
            (VISIBLE, self._visible(pixels, detections.landmarks)),
            (CERTAINTY, detections.scores),
        )
        shares = np.stack([curve.share(measured) for curve, measured in columns])
        return Limits(tuple(curve for curve, _ in columns), shares)

    def _visible(self, pixels: Pixels, landmarks: Floats) -> Floats:
        """Which share (n,) of the points of a grid over each face lies inside the picture."""
        template = np.broadcast_to(np.array(self._spec.template, np.float32), landmarks.shape)
        to_picture = similarity_transforms(template, landmarks)
        points = to_picture[:, :, :2] @ self._grid + to_picture[:, :, 2:]
        limits = np.array([[pixels.width], [pixels.height]])
        shares: Floats = ((points >= 0) & (points < limits)).all(axis=1).mean(axis=1, dtype=np.float32)
        return shares


def _light(faces: NDArray[np.uint8]) -> tuple[Floats, Floats, Floats]:
    """Of grey faces (n, h, w): mean luma, sharpness, and the share of pixels near white; (n,) each."""
    measured = np.zeros((3, len(faces)), np.float32)
    for column, face in enumerate(np.ascontiguousarray(faces)):
        mean, deviation = cv2.meanStdDev(face)
        variance = deviation[0, 0] ** 2 + 25  # what noise is on black must not pass for detail
        glare = np.count_nonzero(face > NEARLY_WHITE) / face.size
        measured[:, column] = mean[0, 0], _detail(face) / variance, glare
    return measured[0], measured[1], measured[2]


def _detail(face: NDArray[np.uint8]) -> float:
    """The mean squared step from a pixel to the next in the direction, of four, in which it is least.

    A hand or head that moves blurs in one direction only: there detail is lost that the others still show.
    """
    steps = (
        (face[:, 1:], face[:, :-1]),
        (face[1:], face[:-1]),
        (face[1:, 1:], face[:-1, :-1]),
        (face[1:, :-1], face[:-1, 1:]),
    )
    return min(cv2.norm(here, there, cv2.NORM_L2SQR) / here.size for here, there in steps)
