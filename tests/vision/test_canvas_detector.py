"""Canvases, looks and sessions, with a network that sees bright rectangles on a dark ground and nothing else."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from tests.support.installed import installed

from mien.domain.errors import ModelMismatch
from mien.domain.faces import Detections
from mien.inference.batches import Floats
from mien.inference.installed import InstalledModel
from mien.inference.model_card import InputLayout
from mien.inference.session import Session
from mien.sources.pixels import ArrayPixels
from mien.vision.detection.canvas_detector import (
    CLOSE_UP_EYES,
    CLOSE_UP_PX,
    COARSENESS,
    MOST_SESSIONS,
    CanvasDetector,
    CanvasNetwork,
)
from mien.vision.detection.close_up import MOST_AT_ONCE, close_up
from mien.vision.detection.detector import DetectionSettings
from mien.vision.detection.landmark_layout import LAYOUT, typical_landmarks

SETTINGS = DetectionSettings(min_score=0.5)
LARGE_PX = 100
SCORE = 0.75


class Mirror:
    """A network whose one output is its input."""

    outputs = ("picture",)

    def __init__(self, shape: tuple[int | None, ...], seen: list[Floats]) -> None:
        self.input_shape = (None, *shape[1:])
        self._seen = seen

    def run(self, batch: Floats) -> dict[str, Floats]:
        for have, want in zip(batch.shape[1:], self.input_shape[1:], strict=True):
            assert want in (have, None)
        self._seen.append(batch.copy())
        return {"picture": batch}


class MirrorRuntime:
    name = "mirror"
    precisions = ("f32",)

    def __init__(self, stated: tuple[int | None, ...] = (1, 3, None, None)) -> None:
        self.stated = stated
        self.loaded: list[tuple[int, ...] | None] = []
        self.seen: list[Floats] = []

    def load(self, path: Path, input_shape: tuple[int, ...] | None = None, precision: str = "f32") -> Session:
        self.loaded.append(input_shape)
        return Mirror(input_shape or self.stated, self.seen)


def bright_rectangles(outputs: Mapping[str, Floats], size: tuple[int, int], min_score: float) -> Detections:
    """Every bright rectangle twice, with one landmark at each corner and one in the middle."""
    picture = outputs["picture"].reshape(3, size[1], size[0])
    _, _, found, _ = cv2.connectedComponentsWithStats((picture.max(axis=0) > 150).astype(np.uint8))
    boxes = np.repeat(found[1:, :4], 2, axis=0).astype(np.float32)
    boxes[:, 2:] += boxes[:, :2]
    x1, y1, x2, y2 = boxes.T
    points = [(x1, y1), (x2, y1), ((x1 + x2) / 2, (y1 + y2) / 2), (x1, y2), (x2, y2)]
    landmarks = np.array([np.stack(point, axis=1) for point in points], np.float32).transpose(1, 0, 2)
    scores = np.full(len(boxes), SCORE, np.float32)
    return Detections(boxes, scores, landmarks).select(np.flatnonzero(scores >= min_score))


NETWORK = CanvasNetwork(bright_rectangles, large_face_px=LARGE_PX)
PLAIN = InputLayout((3, 640, 640), "bgr")


def model(runtime: MirrorRuntime, layout: InputLayout = PLAIN) -> InstalledModel:
    return installed(Path("nowhere.onnx"), runtime, layout, "yunet")


def scene(size: tuple[int, int], *boxes: tuple[int, int, int, int]) -> ArrayPixels:
    """A dark picture of ``size`` (width, height) with bright rectangles."""
    picture = np.zeros((size[1], size[0], 3), np.uint8)
    for x1, y1, x2, y2 in boxes:
        picture[y1:y2, x1:x2] = 255
    return ArrayPixels(picture)


def test_faces_lie_where_they_are_in_the_picture() -> None:
    detector = CanvasDetector(model(MirrorRuntime()), SETTINGS, NETWORK)
    boxes = [(40, 60, 200, 260), (900, 400, 1000, 520)]
    faces = detector.detect(scene((1920, 1080), *boxes))
    np.testing.assert_allclose(faces.boxes[np.argsort(faces.boxes[:, 0])], boxes, atol=2)
    np.testing.assert_allclose(faces.landmarks[:, 2], (faces.boxes[:, :2] + faces.boxes[:, 2:]) / 2, atol=1e-3)
    assert faces.scores.tolist() == [SCORE, SCORE]
    assert (detector.model, detector.landmarks) == ("own", "measured")


def test_small_faces_are_left_out() -> None:
    picture = scene((960, 540), (40, 60, 56, 90), (100, 60, 116, 90), (200, 200, 215, 260))
    for min_face_px, count in ((10, 3), (16, 2), (17, 0)):
        detector = CanvasDetector(model(MirrorRuntime()), replace(SETTINGS, min_face_px=min_face_px), NETWORK)
        assert len(detector.detect(picture)) == count


def test_a_second_look_is_taken_only_where_large_faces_have_room() -> None:
    for network, size, looks in (
        (NETWORK, (960, 1.5 * LARGE_PX), 1),
        (NETWORK, (960, 544), 2),
        (replace(NETWORK, large_face_px=0), (960, 544), 1),
    ):
        runtime = MirrorRuntime()
        CanvasDetector(model(runtime), SETTINGS, network).detect(scene((int(size[0]), int(size[1]))))
        assert [batch.shape[3] for batch in runtime.seen] == [960, 960 // COARSENESS][:looks]


def test_each_look_tells_of_the_sizes_it_sees_well() -> None:
    def parts_of_large_faces(outputs: Mapping[str, Floats], size: tuple[int, int], min_score: float) -> Detections:
        """Of a face of 1.2 times the limit or more only its left half is seen, and of a very small one nothing."""
        found = bright_rectangles(outputs, size, min_score)
        sides = found.boxes[:, 2] - found.boxes[:, 0]
        found.boxes[:, 2] -= np.where(sides >= 1.2 * LARGE_PX, sides / 2, 0)
        return found.select(np.flatnonzero(sides > 8))

    network = CanvasNetwork(parts_of_large_faces, large_face_px=LARGE_PX)
    small, middle, large = (10, 10, 30, 30), (50, 10, 155, 115), (300, 100, 600, 400)
    detector = CanvasDetector(model(MirrorRuntime()), SETTINGS, network)
    faces = detector.detect(scene((960, 540), small, middle, large))
    widths = sorted((faces.boxes[:, 2] - faces.boxes[:, 0]).tolist())
    np.testing.assert_allclose(widths, [20, 105, 300], atol=4)


def test_colours_come_in_the_order_and_range_of_the_card() -> None:
    picture = ArrayPixels(np.full((50, 100, 3), (10, 20, 30), np.uint8))
    for channels, expected in (("bgr", (10, 20, 30)), ("rgb", (30, 20, 10))):
        runtime = MirrorRuntime()
        layout = InputLayout((3, 640, 640), channels, mean=(1.0, 2.0, 3.0), scale=0.5)
        detector = CanvasDetector(model(runtime, layout), SETTINGS, replace(NETWORK, fill=114))
        detector.detect(picture)
        (planes,) = runtime.seen
        assert planes.shape == (1, 3, 128, 256)
        np.testing.assert_allclose(planes[0, :, 50, 100], (np.array(expected) - (1, 2, 3)) * 0.5)
        np.testing.assert_allclose(planes[0, :, 110, 250], (114 - np.array((1, 2, 3))) * 0.5)
        faces = Detections(np.zeros((1, 4), np.float32), np.ones(1, np.float32), tilted_landmarks())
        detector.refine(picture, faces)
        np.testing.assert_allclose(runtime.seen[-1][0, :, 128, 128], (np.array(expected) - (1, 2, 3)) * 0.5)
    with pytest.raises(ModelMismatch, match="grey"):
        CanvasDetector(model(MirrorRuntime(), InputLayout((1, 640, 640), "grey")), SETTINGS, NETWORK)


def tilted_landmarks() -> Floats:
    """A face of 20 px in the middle of a picture of 100×50 px, tilted by 20°."""
    around = (np.array(close_up(256, CLOSE_UP_EYES).template, np.float32) - 128) / 8
    turn = cv2.getRotationMatrix2D((0, 0), 20, 1)[:, :2].astype(np.float32)
    return (around @ turn.T + np.float32((50, 25)))[None]


def test_a_file_of_one_size_sees_every_picture_at_that_size() -> None:
    runtime = MirrorRuntime((1, 3, 240, 320))
    taken = model(runtime)
    detector = CanvasDetector(taken, SETTINGS, NETWORK, taken.load())
    for size, box in (
        ((1920, 1080), (960, 540, 1200, 780)),
        ((300, 900), (30, 600, 90, 690)),
        ((64, 48), (8, 8, 40, 40)),
    ):
        np.testing.assert_allclose(detector.detect(scene(size, box)).boxes, [box], atol=5)
    detector.prepare(1920, 1080)
    detector.refine(
        scene((100, 50)), Detections(np.zeros((1, 4), np.float32), np.ones(1, np.float32), tilted_landmarks())
    )
    assert {batch.shape for batch in runtime.seen} == {(1, 3, 240, 320)}
    assert runtime.loaded == [None], "loaded once"


def test_networks_without_landmarks_have_typical_ones_that_a_second_look_leaves() -> None:
    runtime = MirrorRuntime()
    detector = CanvasDetector(model(runtime), SETTINGS, replace(NETWORK, landmarks="approximate"))
    picture = scene((960, 150), (100, 20, 180, 120))
    faces = detector.detect(picture)
    np.testing.assert_array_equal(faces.landmarks, typical_landmarks(faces.boxes))
    np.testing.assert_allclose(faces.landmarks[0], np.array(LAYOUT) * (80, 100) + (100, 20), atol=2)
    assert detector.landmarks == "approximate"
    looks = len(runtime.seen)
    tilted = replace(faces, landmarks=tilted_landmarks())
    assert detector.refine(picture, tilted) is tilted
    assert len(runtime.seen) == looks


def test_sizes_seen_lately_are_not_compiled_again() -> None:
    runtime = MirrorRuntime()
    detector = CanvasDetector(model(runtime), SETTINGS, replace(NETWORK, large_face_px=0))
    for height in (540, 540, 480, 540):
        detector.detect(scene((960, height)))
    assert len(runtime.loaded) == 2
    for long in range(100, 100 + 80 * (MOST_SESSIONS + 1), 80):
        detector.detect(scene((long, 100)))
        detector.detect(scene((100, long)))
    before = len(runtime.loaded)
    detector.detect(scene((960, 540)))
    assert len(runtime.loaded) == before + 1  # forgotten, as memory is not for every size ever seen


def test_what_was_prepared_is_there() -> None:
    runtime = MirrorRuntime()
    detector = CanvasDetector(model(runtime), SETTINGS, replace(NETWORK, large_face_px=0))
    detector.prepare(1920, 1080)
    before = list(runtime.loaded)
    detector.detect(scene((1920, 1080)))
    detector.refine(
        scene((100, 50)), Detections(np.zeros((1, 4), np.float32), np.ones(1, np.float32), tilted_landmarks())
    )
    assert runtime.loaded == before == [(1, 3, 544, 960), (1, 3, CLOSE_UP_PX, CLOSE_UP_PX)]


def test_a_crowd_of_tilted_faces_is_looked_at_a_few_at_a_time() -> None:
    runtime = MirrorRuntime((1, 3, 640, 640))
    taken = model(runtime)
    detector = CanvasDetector(taken, SETTINGS, NETWORK, taken.load())
    count = 2 * MOST_AT_ONCE + 3
    faces = Detections(
        np.zeros((count, 4), np.float32), np.ones(count, np.float32), np.repeat(tilted_landmarks(), count, axis=0)
    )
    assert len(detector.refine(scene((100, 50)), faces)) == count
    assert [len(batch) for batch in runtime.seen] == [MOST_AT_ONCE, MOST_AT_ONCE, 3]
