"""BlazeFace: anchors and offsets as MediaPipe has them, one anchor at a time, and real faces."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from tests.support.installed import installed

from mien.domain.errors import ModelCorrupt
from mien.domain.geometry import iou
from mien.inference.batches import Floats
from mien.inference.installed import InstalledModel
from mien.inference.model_card import InputLayout
from mien.inference.session import Session
from mien.sources.pixels import ArrayPixels
from mien.vision.detection.detector import DetectionSettings, Detector
from mien.vision.detection.families.blazeface import FACE_IN_BOX, BlazeFaceDetector, decode

SHORT, FULL, BACK = [8, 16, 16, 16], [4], [16, 32, 32, 32]
"""Strides of the layers of features, as MediaPipe's graphs state them; two anchors each, one in the full range."""


def anchors(side: int, strides: list[int]) -> list[tuple[float, float]]:
    """``SsdAnchorsCalculator`` of MediaPipe: neighbouring layers of one stride lay their anchors on the same cells."""
    found, layer = [], 0
    while layer < len(strides):
        last = layer
        while last < len(strides) and strides[last] == strides[layer]:
            last += 1
        repeats = (last - layer) * (2 if len(strides) > 1 else 1)
        cells = side // strides[layer]
        found += [
            ((x + 0.5) / cells, (y + 0.5) / cells) for y in range(cells) for x in range(cells) for _ in range(repeats)
        ]
        layer = last
    return found


@pytest.mark.parametrize(("side", "strides"), [(128, SHORT), (192, FULL), (256, BACK)])
def test_every_prediction_is_read_as_by_mediapipe(side: int, strides: list[int]) -> None:
    generator = np.random.default_rng(7)
    middles = anchors(side, strides)
    raw = generator.normal(0, 10, (1, len(middles), 16)).astype(np.float32)
    logits = generator.normal(-4, 2, (1, len(middles), 1)).astype(np.float32)
    found = decode({"a": raw, "b": logits}, (side, side), 0.3)
    row = 0
    for (x, y), values, logit in zip(middles, raw[0], logits[0, :, 0], strict=True):
        if 1 / (1 + np.exp(-logit)) < 0.3:
            continue
        cx, cy, width, height = x + values[0] / side, y + values[1] / side, values[2] / side, values[3] / side
        corner, sides = np.array([cx - width / 2, cy - height / 2]) * side, np.array([width, height]) * side
        expected = np.tile(corner, 2) + np.tile(sides, 2) * FACE_IN_BOX
        np.testing.assert_allclose(found.boxes[row], expected, atol=1e-3)
        eyes_and_nose = np.array([(x * side + values[k], y * side + values[k + 1]) for k in (4, 6, 8)])
        np.testing.assert_allclose(found.landmarks[row, :3], eyes_and_nose, atol=1e-3)
        mouth = np.array([x * side + values[10], y * side + values[11]])
        np.testing.assert_allclose(found.landmarks[row, 3:].mean(axis=0), mouth, atol=1e-3)
        row += 1
    assert row == len(found) > 5


def test_the_corners_of_the_mouth_lie_along_the_eyes() -> None:
    raw = np.zeros((1, 2304, 16), np.float32)
    raw[0, 100, 4:12] = (-10, -8, 14, 0, 2, 4, 0, 12)  # eyes 24 px apart and 8 px aslant, as from the middle of a cell
    logits = np.full((1, 2304, 1), -9, np.float32)
    logits[0, 100] = 9
    (points,) = decode({"a": raw, "b": logits}, (192, 192), 0.5).landmarks
    np.testing.assert_allclose(points[4] - points[3], 0.83 * (points[1] - points[0]), rtol=1e-5)


def test_other_outputs_and_sizes_are_refused() -> None:
    with pytest.raises(ModelCorrupt, match="outputs of BlazeFace"):
        decode({"a": np.zeros((1, 896, 4), np.float32), "b": np.zeros((1, 896, 1), np.float32)}, (128, 128), 0.5)
    with pytest.raises(ModelCorrupt, match="expected 896 predictions of BlazeFace"):
        decode({"a": np.zeros((1, 400, 16), np.float32), "b": np.zeros((1, 400, 1), np.float32)}, (128, 128), 0.5)

    class Sized:
        input_shape = (None, 3, 100, 100)
        outputs = ("a", "b")

        def run(self, batch: Floats) -> dict[str, Floats]:
            raise AssertionError

    class Runtime:
        name = "sized"
        precisions = ("f32",)

        def load(self, path: Path, input_shape: tuple[int, ...] | None = None, precision: str = "f32") -> Session:
            return Sized()

    model = installed(Path("any.onnx"), Runtime(), InputLayout((3, 100, 100), "rgb"), "blazeface")
    with pytest.raises(ModelCorrupt, match="a square of 128, 192, 256 px"):
        BlazeFaceDetector(model, DetectionSettings())


@pytest.mark.parametrize("name", ["blazeface-short", "blazeface-full"])
def test_faces_are_those_that_another_detector_sees(
    name: str, take: Callable[[str], InstalledModel], detector: Detector, astronaut: ArrayPixels
) -> None:
    blazeface = BlazeFaceDetector(take(name), DetectionSettings(min_score=0.5))
    found, other = blazeface.detect(astronaut), detector.detect(astronaut)
    assert len(found) == len(other) == 1
    assert iou(found.boxes, other.boxes)[0, 0] > 0.7
    side = other.boxes[0, 3] - other.boxes[0, 1]
    refined = blazeface.refine(astronaut, found)
    assert np.linalg.norm(refined.landmarks - other.landmarks, axis=2).max() < 0.1 * side


def test_a_face_that_is_small_on_the_canvas_is_measured_again_from_near(
    take: Callable[[str], InstalledModel], detector: Detector, astronaut: ArrayPixels
) -> None:
    wide = np.full((600, 600, 3), 128, np.uint8)
    wide[50:562, 50:562] = astronaut.bgr()
    pixels = ArrayPixels(wide)
    expected = detector.detect(pixels).landmarks[0]
    blazeface = BlazeFaceDetector(take("blazeface-short"), DetectionSettings(min_score=0.5))
    faces = blazeface.detect(pixels)
    assert len(faces) == 1
    before = np.linalg.norm(faces.landmarks[0] - expected, axis=1).mean()
    after = np.linalg.norm(blazeface.refine(pixels, faces).landmarks[0] - expected, axis=1).mean()
    assert after < 0.8 * before
