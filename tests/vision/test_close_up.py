"""Close-ups: which faces get one, where the face lies on it, and the way of landmarks there and back."""

import numpy as np
import pytest

from mien.domain.faces import Detections
from mien.sources.pixels import ArrayPixels
from mien.vision.detection.close_up import MOST_AT_ONCE, TILTED_DEGREES, Floats, close_up, measured_close

PICTURE = ArrayPixels(np.full((200, 300, 3), 90, np.uint8))


def turned(*degrees: float) -> Detections:
    """Faces of 40 px in the middle of the picture, tilted by angles."""
    upright = np.array(close_up(100, 0.4).template) - 50
    angles = np.radians(degrees)
    turns = np.stack([np.cos(angles), np.sin(angles), -np.sin(angles), np.cos(angles)], axis=1).reshape(-1, 2, 2)
    landmarks = (upright @ turns + (150, 100)).astype(np.float32)
    return Detections(np.zeros((len(degrees), 4), np.float32), np.ones(len(degrees), np.float32), landmarks)


def test_a_face_stands_upright_in_the_middle() -> None:
    for size, eyes in ((256, 0.3125), (48, 0.44), (128, 0.25)):
        spec = close_up(size, eyes)
        left, right, nose, *mouth = np.array(spec.template)
        assert spec.size == size and right[0] - left[0] == pytest.approx(eyes * size)
        assert abs(nose[0] - size / 2) < 0.01 * size and left[1] < size / 2 < mouth[0][1]


def test_landmarks_come_back_to_where_they_were_seen() -> None:
    spec = close_up(64, 0.4)
    faces = turned(-30, 0, 0.8 * TILTED_DEGREES, 20)
    seen: list[int] = []

    def moved(images: np.ndarray) -> Floats:
        """Every landmark 4 px further right on the close-up."""
        seen.append(len(images))
        return np.repeat(np.array(spec.template, np.float32)[None] + np.float32((4, 0)), len(images), axis=0)

    found = measured_close(PICTURE, faces, spec, moved)
    assert seen == [2], "only tilted faces are looked at"
    np.testing.assert_array_equal(found.landmarks[1:3], faces.landmarks[1:3])
    eyes = faces.landmarks[:, 1] - faces.landmarks[:, 0]
    shift = 4 * eyes / np.float32(0.4 * 64)
    for face in (0, 3):
        np.testing.assert_allclose(found.landmarks[face], faces.landmarks[face] + shift[face], atol=0.05)
    every = measured_close(PICTURE, faces, spec, moved, tilt_degrees=0)
    assert seen == [2, 4] and (every.landmarks != faces.landmarks).any(axis=(1, 2)).all()


def test_where_no_face_is_seen_landmarks_stay() -> None:
    faces = turned(*([20.0] * (MOST_AT_ONCE + 2)))
    parts: list[int] = []

    def blind(images: np.ndarray) -> Floats:
        parts.append(len(images))
        return np.full((len(images), 5, 2), np.nan, np.float32)

    found = measured_close(PICTURE, faces, close_up(64, 0.4), blind)
    np.testing.assert_array_equal(found.landmarks, faces.landmarks)
    assert parts == [MOST_AT_ONCE, 2] and MOST_AT_ONCE <= 16
    assert len(measured_close(PICTURE, Detections.empty(), close_up(64, 0.4), blind)) == 0 and len(parts) == 2
