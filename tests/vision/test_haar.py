"""The Haar cascade: real faces, files that are none, and several threads."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from mien.domain.errors import ModelCorrupt
from mien.domain.geometry import iou
from mien.inference.installed import InstalledModel
from mien.sources.pixels import ArrayPixels
from mien.vision.detection.detector import DetectionSettings, Detector
from mien.vision.detection.families.haar import HaarDetector
from mien.vision.detection.landmark_layout import typical_landmarks

SETTINGS = DetectionSettings(min_score=0.6, min_face_px=40, long_side_px=512)


@pytest.fixture(scope="module")
def haar(take: Callable[[str], InstalledModel]) -> HaarDetector:
    return HaarDetector(take("haar"), SETTINGS)


@pytest.mark.parametrize("share", [0, 0.3, 0.999])
def test_a_file_that_is_cut_off_is_refused(share: float, take: Callable[[str], InstalledModel], tmp_path: Path) -> None:
    model = take("haar")
    whole = model.paths[0].read_bytes()
    part = tmp_path / "part.xml"
    part.write_bytes(whole[: int(len(whole) * share)])
    with pytest.raises(ModelCorrupt, match=r"part\.xml does not read as a cascade of OpenCV"):
        HaarDetector(replace(model, paths=(part,)), SETTINGS)


def test_the_portrait_has_one_face_where_another_detector_sees_it(
    haar: HaarDetector, detector: Detector, astronaut: ArrayPixels
) -> None:
    faces, other = haar.detect(astronaut), detector.detect(astronaut)
    assert len(faces) == 1
    assert iou(faces.boxes, other.boxes)[0, 0] > 0.7
    np.testing.assert_allclose(faces.landmarks, typical_landmarks(faces.boxes), atol=1e-3)
    side = other.boxes[0, 3] - other.boxes[0, 1]
    assert np.linalg.norm(faces.landmarks - other.landmarks, axis=2).max() < 0.15 * side
    assert haar.landmarks == "approximate"
    assert haar.refine(astronaut, faces) is faces


def test_a_face_that_more_windows_see_scores_higher(
    take: Callable[[str], InstalledModel], astronaut: ArrayPixels
) -> None:
    """Noise hides features from some windows before it hides the face from all."""
    generous = HaarDetector(take("haar"), replace(SETTINGS, min_score=0.01))
    clean = generous.detect(astronaut)
    noise = np.random.default_rng(0).normal(0, 40, (512, 512, 3))
    noisy = generous.detect(ArrayPixels(np.clip(astronaut.bgr() + noise, 0, 255).astype(np.uint8)))
    face = iou(noisy.boxes, clean.boxes[:1])[:, 0] > 0.5
    assert 0 < noisy.scores[face].max() < clean.scores[0] < 1
    assert (np.diff(clean.scores) <= 0).all() and (clean.scores >= 0.01).all()


def test_smaller_faces_than_wanted_are_left_out(take: Callable[[str], InstalledModel], astronaut: ArrayPixels) -> None:
    (box,) = HaarDetector(take("haar"), SETTINGS).detect(astronaut).boxes
    side = int(min(box[2] - box[0], box[3] - box[1]))
    assert len(HaarDetector(take("haar"), replace(SETTINGS, min_face_px=side * 2 // 3)).detect(astronaut)) == 1
    assert len(HaarDetector(take("haar"), replace(SETTINGS, min_face_px=side * 3 // 2)).detect(astronaut)) == 0


def test_threads_do_not_disturb_each_other(haar: HaarDetector, astronaut: ArrayPixels) -> None:
    pictures = [ArrayPixels(cv2.resize(astronaut.bgr(), None, fx=scale, fy=scale)) for scale in (0.5, 0.6)]
    expected = [haar.detect(pixels) for pixels in pictures]
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(haar.detect, pictures * 3))
    for index, faces in enumerate(found):
        np.testing.assert_array_equal(faces.boxes, expected[index % 2].boxes)
        np.testing.assert_array_equal(faces.scores, expected[index % 2].scores)


@pytest.mark.parametrize("size", [(1, 1), (3, 400), (23, 23), (60, 80)])
def test_pictures_of_any_size_without_a_face_have_none(haar: HaarDetector, size: tuple[int, int]) -> None:
    assert len(haar.detect(ArrayPixels(np.full((*size, 3), 90, np.uint8)))) == 0
