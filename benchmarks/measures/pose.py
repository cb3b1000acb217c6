"""Head pose where no truth is at hand: faces of LFW turned in the picture by known angles, and mirrored."""

from collections.abc import Iterator, Sequence

import cv2
import numpy as np
from benchmarks.measures.measure import Measure
from benchmarks.parts.report import shared

from mien.domain.faces import Detections
from mien.evaluation.faces import most_prominent
from mien.inference.installed import InstalledModel
from mien.inference.model_card import Measurement
from mien.sources.images import read_picture
from mien.sources.pixels import ArrayPixels
from mien.vision.detection.detector import Detector
from mien.vision.loading import load_pose_estimator

FACES = 200
TURN_DEGREES = 15.0
Seen = tuple[ArrayPixels, Detections]


def pose_measure(detector: Detector) -> Measure:
    """Measures estimators by what a turn and a mirror do to their angles: necessary, and no proof of accuracy."""
    faces = list(lfw_faces(detector, FACES))
    turned = [_seen(_turned(pixels.bgr()), detector) for pixels, _ in faces]
    mirrored = [_seen(np.ascontiguousarray(pixels.bgr()[:, ::-1]), detector) for pixels, _ in faces]

    def measure(model: InstalledModel) -> Sequence[Measurement]:
        estimator = load_pose_estimator(model)

        def angles(seen: Sequence[Seen | None]) -> np.ndarray:
            """Yaw, pitch and roll (n, 3), of nothing where the face was not found again."""
            nothing = np.full(3, np.nan)
            return np.array([nothing if one is None else estimator.estimate(*one).angles[0] for one in seen])

        upright = angles(faces)
        roll = np.abs(np.abs(angles(turned)[:, 2] - upright[:, 2]) - TURN_DEGREES)
        yaw = np.abs(angles(mirrored)[:, 0] + upright[:, 0])
        on = f"{FACES} faces of LFW, f32"
        return [
            Measurement("roll_error", round(float(np.nanmean(roll)), 2), f"degrees; {on}, turned by {TURN_DEGREES:g}°"),
            Measurement("yaw_mirror_error", round(float(np.nanmean(yaw)), 2), f"degrees; {on}, against mirrored ones"),
        ]

    return measure


def lfw_faces(detector: Detector, count: int) -> Iterator[Seen]:
    """So many pictures of LFW, one for each of as many people, and the face each is about."""
    files = sorted(shared("data", "lfw", "images").glob("*/*_0001.jpg"))
    for path in files[:: len(files) // count][:count]:
        seen = _seen(read_picture(str(path), 100.0), detector)
        if seen is not None:
            yield seen


def _seen(picture: np.ndarray, detector: Detector) -> Seen | None:
    pixels = ArrayPixels(picture)
    found = detector.detect(pixels)
    face = found.select(most_prominent(found, pixels.width, pixels.height))
    return (pixels, face) if len(face) else None


def _turned(picture: np.ndarray) -> np.ndarray:
    middle = (picture.shape[1] / 2, picture.shape[0] / 2)
    turn = cv2.getRotationMatrix2D(middle, TURN_DEGREES, 1)
    size = (picture.shape[1], picture.shape[0])
    return np.asarray(cv2.warpAffine(picture, turn, size, borderMode=cv2.BORDER_REFLECT), np.uint8)
