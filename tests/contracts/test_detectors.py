"""What every detector promises: one face and a crowd, odd sizes, several threads, settings and second looks.

Detectors that ship are shown a portrait, those of seeded weights what they take for faces.
"""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import cv2
import numpy as np
import pytest
from tests.support.family_models import seeded, shipped
from tests.support.installed import Take
from tests.support.marker_detectors import LANDMARKS, markers
from tests.support.watching import Watching, assert_channels, bluish

from mien.domain.faces import Detections
from mien.domain.geometry import iou
from mien.inference.installed import InstalledModel
from mien.inference.onnx_runtime import OnnxRuntime
from mien.sources.pixels import ArrayPixels
from mien.vision.detection.detector import DetectionSettings, Detector
from mien.vision.loading import load_detector

CELL_PX = 80
SETTINGS = DetectionSettings(min_score=0.5, long_side_px=640)
FEW_PX = {"blazeface-short", "blazeface-full", "ultraface-rfb-320", "retinaface-mobilenet-320"}
"""Networks that look at so small a copy that they miss faces in a crowd."""


@pytest.fixture(scope="module", params=[*shipped("detection"), *seeded("detection")])
def model(request: pytest.FixtureRequest, any_model: Take) -> InstalledModel:
    return any_model(request.param)


@pytest.fixture(scope="module")
def is_trained(model: InstalledModel) -> bool:
    return not model.card.is_imported


@pytest.fixture(scope="module")
def detector(model: InstalledModel) -> Detector:
    return load_detector(model, SETTINGS)


@pytest.fixture(scope="module")
def face(is_trained: bool, portrait: ArrayPixels) -> ArrayPixels:
    """The head of the portrait, 160×160 px, or a marker."""
    if is_trained:
        return ArrayPixels(np.ascontiguousarray(portrait.bgr()[45:205, 144:304]))
    return markers(1, 1, cell_px=152, marker_px=8)


@pytest.fixture(scope="module")
def crowd(is_trained: bool, face: ArrayPixels) -> ArrayPixels:
    """The same face 64 times."""
    if is_trained:
        small = cv2.resize(face.bgr(), (CELL_PX, CELL_PX), interpolation=cv2.INTER_AREA)
        return ArrayPixels(np.tile(small, (8, 8, 1)))
    return markers(8, 8, CELL_PX)


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


def cells(faces: Detections) -> np.ndarray:
    """The numbers of the cells of the crowd in which faces lie, row by row."""
    return (((faces.boxes[:, :2] + faces.boxes[:, 2:]) / 2 // CELL_PX) @ np.array([1, 8])).astype(int)


def by_place(faces: Detections) -> Detections:
    """The faces cell by cell: their scores are nearly the same."""
    return faces.select(np.argsort(cells(faces), kind="stable"))


def test_a_crowd_is_found_face_by_face(model: InstalledModel, detector: Detector, crowd: ArrayPixels) -> None:
    faces = detector.detect(crowd)
    assert_sound(faces)
    if model.name in FEW_PX:
        return
    assert set(cells(faces)) == set(range(64))
    middle, spread = faces.landmarks.mean(axis=1), np.ptp(faces.landmarks, axis=1)
    assert (np.abs(middle % CELL_PX - CELL_PX / 2) < 14).all() and (spread > 14).all() and (spread < 46).all()


@pytest.mark.parametrize("size", [(1, 1), (3, 200), (47, 33)])
def test_pictures_of_any_size_are_taken(detector: Detector, size: tuple[int, int]) -> None:
    width, height = size
    picture = np.random.default_rng(0).integers(0, 256, (height, width, 3), dtype=np.uint8)
    assert_sound(detector.detect(ArrayPixels(picture)))


def test_threads_do_not_disturb_each_other(detector: Detector, crowd: ArrayPixels, face: ArrayPixels) -> None:
    pictures = [crowd, face, ArrayPixels(np.ascontiguousarray(face.bgr()[:, ::-1]))]
    alone = [detector.detect(picture) for picture in pictures]
    with ThreadPoolExecutor(len(pictures)) as threads:
        together = list(threads.map(detector.detect, pictures))
    for expected, found in zip(alone, together, strict=True):
        np.testing.assert_array_equal(found.boxes, expected.boxes)
        np.testing.assert_array_equal(found.landmarks, expected.landmarks)


def test_one_face_is_found_alike_again(model: InstalledModel, detector: Detector, face: ArrayPixels) -> None:
    assert detector.model == model.name
    faces, again = detector.detect(face), detector.detect(face)
    assert_sound(faces)
    assert len(faces) == 1
    for column in ("boxes", "scores", "landmarks"):
        np.testing.assert_array_equal(getattr(again, column), getattr(faces, column))
    left, right, nose, *mouth = faces.landmarks[0]
    assert left[0] < right[0] and left[1] < nose[1] < mouth[0][1], "left and right as seen in the image"


def test_where_nobody_is_nobody_is_found(detector: Detector, face: ArrayPixels) -> None:
    assert len(detector.detect(ArrayPixels(np.zeros((90, 160, 3), np.uint8)))) == 0
    assert len(detector.refine(face, Detections.empty())) == 0


def test_runtimes_agree(model: InstalledModel, detector: Detector, crowd: ArrayPixels, face: ArrayPixels) -> None:
    other = load_detector(replace(model, runtime=OnnxRuntime()), SETTINGS)
    for picture in (face, crowd):
        faces, found = by_place(detector.detect(picture)), by_place(other.detect(picture))
        assert len(faces) == len(found)
        np.testing.assert_allclose(found.boxes, faces.boxes, atol=0.5)
        np.testing.assert_allclose(found.landmarks, faces.landmarks, atol=0.5)
        np.testing.assert_allclose(found.scores, faces.scores, atol=0.01)


def test_networks_are_shown_the_colours_of_their_cards(model: InstalledModel) -> None:
    if not model.card.has_network:
        pytest.skip(f"{model.card.name} has no network")
    watching = Watching()
    load_detector(replace(model, runtime=watching), SETTINGS).detect(bluish())
    assert_channels(model, watching.seen[0])


def test_faces_below_the_least_size_are_left_out(model: InstalledModel, detector: Detector, face: ArrayPixels) -> None:
    (box,) = detector.detect(face).select([0]).boxes
    too_large = replace(SETTINGS, min_face_px=int(1.3 * float(min(box[2:] - box[:2]))))
    assert len(load_detector(model, too_large).detect(face)) == 0


def test_a_second_look_moves_landmarks_alone(is_trained: bool, detector: Detector, face: ArrayPixels) -> None:
    turn = cv2.getRotationMatrix2D((80, 80), 15, 0.8)
    tilted = ArrayPixels(cv2.warpAffine(face.bgr(), turn, (160, 160), borderMode=cv2.BORDER_REPLICATE))
    seen = tilted if is_trained else face
    detector.prepare(seen.width, seen.height)
    faces = detector.detect(seen)
    assert len(faces) == 1
    refined = detector.refine(seen, faces)
    np.testing.assert_array_equal(refined.boxes, faces.boxes)
    np.testing.assert_array_equal(refined.scores, faces.scores)
    assert_sound(refined)
    if detector.landmarks == "approximate":
        np.testing.assert_array_equal(refined.landmarks, faces.landmarks)
    elif is_trained:
        eyes = refined.landmarks[0, 1] - refined.landmarks[0, 0]
        assert -20 < np.degrees(np.arctan2(eyes[1], eyes[0])) < -5


@pytest.mark.parametrize(
    "name",
    [name if name == "yunet" else pytest.param(name, marks=pytest.mark.exhaustive) for name in shipped("detection")],
)
def test_the_astronaut_is_found(name: str, take: Take, portrait: ArrayPixels) -> None:
    faces = load_detector(take(name), SETTINGS).detect(portrait)
    assert_sound(faces)
    x1, y1, x2, y2 = faces.boxes[0]
    assert 150 < (x1 + x2) / 2 < 300 and 60 < (y1 + y2) / 2 < 220


def test_both_layouts_of_yolov8_face_tell_the_same(any_model: Take) -> None:
    crowd = markers(8, 8, CELL_PX)
    decoded, raw = (
        load_detector(any_model(f"seeded-yolov8-face{end}"), SETTINGS).detect(crowd) for end in ("", "-raw")
    )
    np.testing.assert_allclose(decoded.boxes, raw.boxes, atol=1e-3)
    np.testing.assert_allclose(decoded.landmarks, raw.landmarks, atol=1e-3)
    middle = decoded.landmarks - ((decoded.boxes[:, :2] + decoded.boxes[:, 2:]) / 2)[:, None]
    np.testing.assert_allclose(middle, np.tile(np.array(LANDMARKS, np.float32), (64, 1, 1)), atol=4)
