"""What every detector promises beyond one portrait: crowds, odd sizes, several threads, settings and second looks."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import cv2
import numpy as np
import pytest

from mien.domain.faces import Detections
from mien.domain.geometry import iou
from mien.inference.catalog import Catalog, load_catalog
from mien.inference.installed import InstalledModel
from mien.inference.onnx_runtime import OnnxRuntime
from mien.inference.weights import WeightStore
from mien.sources.images import read_picture
from mien.sources.pixels import ArrayPixels
from mien.vision.detection.detector import DetectionSettings, Detector
from mien.vision.loading import load_detector

CELL_PX = 80
SETTINGS = DetectionSettings(min_score=0.5, long_side_px=640)
FEW_PX = {"blazeface-short", "blazeface-full", "ultraface-rfb-320", "retinaface-mobilenet-320"}
"""Networks that look at so small a copy that they miss faces in a crowd."""


@pytest.fixture(scope="module", params=[card.name for card in load_catalog().cards("detection")])
def model(request: pytest.FixtureRequest, take: Callable[[str], InstalledModel]) -> InstalledModel:
    return take(request.param)


@pytest.fixture(scope="module")
def detector(model: InstalledModel) -> Detector:
    return load_detector(model, SETTINGS)


@pytest.fixture(scope="module")
def face(catalog: Catalog, weights: WeightStore) -> np.ndarray:
    """The head of the portrait, 160×160 px."""
    portrait = read_picture(str(weights.path(catalog.card("astronaut"))), 100)
    return np.ascontiguousarray(portrait[45:205, 144:304])


@pytest.fixture(scope="module")
def crowd(face: np.ndarray) -> ArrayPixels:
    """The same face 64 times."""
    return ArrayPixels(np.tile(cv2.resize(face, (CELL_PX, CELL_PX), interpolation=cv2.INTER_AREA), (8, 8, 1)))


def assert_sound(faces: Detections) -> None:
    for column in (faces.boxes, faces.scores, faces.landmarks):
        assert column.dtype == np.float32 and np.isfinite(column).all()
    sides = faces.boxes[:, 2:] - faces.boxes[:, :2]
    assert (sides.min(axis=1, initial=np.inf) >= SETTINGS.min_face_px).all()
    assert ((faces.scores >= SETTINGS.min_score) & (faces.scores <= 1)).all()
    assert (np.diff(faces.scores) <= 0).all()
    overlap = iou(faces.boxes, faces.boxes)
    np.fill_diagonal(overlap, 0)
    assert overlap.max(initial=0) < 0.5, "one detection per face"


def test_a_crowd_is_found_face_by_face(model: InstalledModel, detector: Detector, crowd: ArrayPixels) -> None:
    faces = detector.detect(crowd)
    assert_sound(faces)
    if model.name in FEW_PX:
        return
    cell = ((faces.boxes[:, :2] + faces.boxes[:, 2:]) / 2 // CELL_PX) @ np.array([1, 8])
    assert set(cell.astype(int)) == set(range(64))
    middle, spread = faces.landmarks.mean(axis=1), np.ptp(faces.landmarks, axis=1)
    assert (np.abs(middle % CELL_PX - CELL_PX / 2) < 14).all() and (spread > 14).all() and (spread < 46).all()


@pytest.mark.parametrize("size", [(1, 1), (3, 200), (47, 33)])
def test_pictures_of_any_size_are_taken(detector: Detector, size: tuple[int, int]) -> None:
    width, height = size
    picture = np.random.default_rng(0).integers(0, 256, (height, width, 3), dtype=np.uint8)
    assert_sound(detector.detect(ArrayPixels(picture)))


def test_threads_do_not_disturb_each_other(detector: Detector, crowd: ArrayPixels, face: np.ndarray) -> None:
    pictures = [crowd, ArrayPixels(face), ArrayPixels(np.ascontiguousarray(face[:, ::-1]))]
    alone = [detector.detect(picture) for picture in pictures]
    with ThreadPoolExecutor(len(pictures)) as threads:
        together = list(threads.map(detector.detect, pictures))
    for expected, found in zip(alone, together, strict=True):
        np.testing.assert_array_equal(found.boxes, expected.boxes)
        np.testing.assert_array_equal(found.landmarks, expected.landmarks)


def test_runtimes_agree(model: InstalledModel, detector: Detector, face: np.ndarray) -> None:
    other = load_detector(replace(model, runtime=OnnxRuntime()), SETTINGS).detect(ArrayPixels(face))
    faces = detector.detect(ArrayPixels(face))
    assert len(faces) == len(other) >= 1
    np.testing.assert_allclose(other.boxes, faces.boxes, atol=0.5)
    np.testing.assert_allclose(other.landmarks, faces.landmarks, atol=0.5)
    np.testing.assert_allclose(other.scores, faces.scores, atol=0.01)


def test_faces_below_the_least_size_are_left_out(model: InstalledModel, detector: Detector, face: np.ndarray) -> None:
    pixels = ArrayPixels(face)
    (box,) = detector.detect(pixels).select([0]).boxes
    too_large = replace(SETTINGS, min_face_px=int(1.3 * float(min(box[2:] - box[:2]))))
    assert len(load_detector(model, too_large).detect(pixels)) == 0


def test_a_second_look_moves_landmarks_alone(detector: Detector, face: np.ndarray) -> None:
    turn = cv2.getRotationMatrix2D((80, 80), 15, 0.8)
    tilted = ArrayPixels(cv2.warpAffine(face, turn, (160, 160), borderMode=cv2.BORDER_REPLICATE))
    detector.prepare(160, 160)
    faces = detector.detect(tilted)
    assert len(faces) == 1
    refined = detector.refine(tilted, faces)
    np.testing.assert_array_equal(refined.boxes, faces.boxes)
    np.testing.assert_array_equal(refined.scores, faces.scores)
    assert_sound(refined)
    if detector.landmarks == "approximate":
        np.testing.assert_array_equal(refined.landmarks, faces.landmarks)
        return
    eyes = refined.landmarks[0, 1] - refined.landmarks[0, 0]
    assert -20 < np.degrees(np.arctan2(eyes[1], eyes[0])) < -5
