"""Quality: good pictures score high, spoilt ones low and for the right reason, and heads that turn are noticed."""

from collections.abc import Callable

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mien.domain.faces import Detections
from mien.sources.pixels import ArrayPixels
from mien.vision.detection.detector import Detector
from mien.vision.orientation import FACE_MM, orientation
from mien.vision.quality.measured_assessor import MeasuredAssessor


def turned_head(yaw: float, pitch: float, roll: float) -> np.ndarray:
    """Landmarks (1, 5, 2) of the average head, turned by degrees, as a distant camera sees it."""
    a, b, c = np.radians([yaw, pitch, roll])
    about_y = np.array([[np.cos(a), 0, np.sin(a)], [0, 1, 0], [-np.sin(a), 0, np.cos(a)]])
    about_x = np.array([[1, 0, 0], [0, np.cos(b), np.sin(b)], [0, -np.sin(b), np.cos(b)]])
    about_z = np.array([[np.cos(c), -np.sin(c), 0], [np.sin(c), np.cos(c), 0], [0, 0, 1]])
    points = np.array(FACE_MM) @ (about_z @ about_x @ about_y).T
    return (2 * points[None, :, :2] + 300).astype(np.float32)


@given(yaw=st.floats(-60, 60), pitch=st.floats(-40, 40))
def test_yaw_and_pitch_are_found_again(yaw: float, pitch: float) -> None:
    assert orientation(turned_head(yaw, 0, 0)).yaw[0] == pytest.approx(yaw, abs=0.5)
    assert orientation(turned_head(0, pitch, 0)).pitch[0] == pytest.approx(pitch, abs=0.5)


@given(yaw=st.floats(-60, 60), roll=st.floats(-90, 90))
def test_roll_turns_nobody_away(yaw: float, roll: float) -> None:
    assert orientation(turned_head(yaw, 0, roll)).turned[0] == pytest.approx(abs(yaw), abs=0.5)
    assert orientation(turned_head(0, 0, roll)).roll[0] == pytest.approx(roll, abs=0.5)


def spoil(astronaut: ArrayPixels, change: Callable[[np.ndarray], np.ndarray]) -> ArrayPixels:
    return ArrayPixels(np.ascontiguousarray(change(astronaut.bgr())))


def shaken(image: np.ndarray) -> np.ndarray:
    line = np.full((1, 25), 1 / 25, np.float32)
    return cv2.filter2D(image, -1, line)


SPOILERS: list[tuple[str, Callable[[np.ndarray], np.ndarray]]] = [
    ("too small", lambda image: cv2.resize(image, (64, 64), interpolation=cv2.INTER_AREA)),
    ("blurred", lambda image: cv2.GaussianBlur(image, (0, 0), 5)),
    ("blurred", shaken),
    ("dark", lambda image: (image * 0.05).astype(np.uint8)),
    ("bright", lambda image: np.clip(image * 4.0, 0, 255).astype(np.uint8)),
]


@pytest.mark.parametrize(("reason", "change"), SPOILERS)
def test_what_spoils_a_picture_is_named(
    reason: str, change: Callable[[np.ndarray], np.ndarray], detector: Detector, astronaut: ArrayPixels
) -> None:
    faces = detector.detect(astronaut)
    good = MeasuredAssessor().assess(astronaut, faces)
    assert good.scores[0] > 0.85 and good.reasons == ("",)
    pixels = spoil(astronaut, change)
    scale = pixels.width / astronaut.width  # the face is where it was: the detector is not what is tested here
    moved = Detections(faces.boxes * np.float32(scale), faces.scores, faces.landmarks * np.float32(scale))
    bad = MeasuredAssessor().assess(pixels, moved)
    assert bad.reasons == (reason,)
    assert bad.scores[0] < 0.5


def test_a_face_cut_off_by_the_edge_is_named(detector: Detector, astronaut: ArrayPixels) -> None:
    faces = detector.detect(astronaut)
    nose = int(faces.landmarks[0, 2, 0])
    half = ArrayPixels(np.ascontiguousarray(astronaut.bgr()[:, nose:]))
    shift = np.array([nose, 0], np.float32)
    moved = Detections(faces.boxes - np.tile(shift, 2), faces.scores, faces.landmarks - shift)
    quality = MeasuredAssessor().assess(half, moved)
    assert quality.reasons == ("cut off",)
    assert quality.scores[0] < 0.4


def test_turned_away_and_unsure_faces_are_named(detector: Detector, astronaut: ArrayPixels) -> None:
    faces = detector.detect(astronaut)
    front = faces.landmarks[0]
    profile = front.copy()
    profile[2, 0] = front[1, 0] + 10  # the nose beyond the eye: nearly a profile
    turned = Detections(faces.boxes, faces.scores, profile[None])
    quality = MeasuredAssessor().assess(astronaut, turned)
    assert quality.reasons == ("turned away",) and quality.scores[0] < 0.6
    unsure = Detections(faces.boxes, np.full(1, 0.35, np.float32), faces.landmarks)
    assert MeasuredAssessor().assess(astronaut, unsure).reasons == ("uncertain",)


def test_every_face_has_its_own_score(detector: Detector, astronaut: ArrayPixels) -> None:
    face = detector.detect(astronaut)
    unsure = Detections(face.boxes, np.full(1, 0.35, np.float32), face.landmarks)
    both = MeasuredAssessor().assess(astronaut, Detections.concat([unsure, face]))
    assert both.scores[0] < 0.7 < both.scores[1]
    assert both.reasons == ("uncertain", "")
    assert len(MeasuredAssessor().assess(astronaut, Detections.empty())) == 0
