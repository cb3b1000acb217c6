"""SCRFD: its arithmetic one prediction at a time, files with and without landmarks, of one size and of any."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from tests.support.detector_files import Head, seeded_head, write_heads
from tests.support.installed import Bring, imported, installed

from mien.domain.errors import ModelCorrupt
from mien.inference.batches import Floats
from mien.inference.installed import InstalledModel
from mien.inference.model_card import InputLayout
from mien.inference.session import Runtime
from mien.sources.pixels import ArrayPixels
from mien.vision.detection.detector import DetectionSettings
from mien.vision.detection.families.scrfd import ScrfdDetector, decode

LAYOUT = InputLayout((3, 640, 640), "rgb", 127.5, 1 / 128)
WIDTHS = {"scores": 1, "boxes": 4, "points": 10}


def seeded_heads(with_points: bool, seed: int = 0) -> dict[tuple[str, int], Head]:
    """Heads by what they tell and their stride, in the order of InsightFace's own files."""
    generator = np.random.default_rng(seed)
    kinds = list(WIDTHS)[: 3 if with_points else 2]
    return {
        (kind, stride): seeded_head(
            generator,
            stride,
            2 * WIDTHS[kind],
            bias=3.0 if kind == "boxes" else 0.0,
            shape="rows",
            anchors=2,
            is_probability=kind == "scores",
        )
        for kind in kinds
        for stride in (8, 16, 32)
    }


def by_hand(heads: Mapping[tuple[str, int], Head], planes: Floats, min_score: float) -> list[tuple[float, ...]]:
    """Score, box and points of everything that scores enough, as the paper has it: distances from the cell's corner."""
    found = []
    for stride in (8, 16, 32):
        columns = planes.shape[3] // stride
        outputs = {kind: head.compute(planes) for (kind, s), head in heads.items() if s == stride}
        for index, score in enumerate(outputs["scores"][:, 0]):
            if score < min_score:
                continue
            x, y = (index // 2) % columns * stride, (index // 2) // columns * stride
            left, top, right, bottom = outputs["boxes"][index] * stride
            points = outputs["points"][index] * stride if "points" in outputs else np.full(10, np.nan)
            places = [points[k] + (x, y)[k % 2] for k in range(10)]
            found.append((score, x - left, y - top, x + right, y + bottom, *places))
    return found


@pytest.mark.parametrize("with_points", [True, False])
@pytest.mark.parametrize("size", [None, (96, 64)])
def test_every_prediction_is_read_as_the_paper_has_it(
    tmp_path: Path, runtime: Runtime, with_points: bool, size: tuple[int, int] | None
) -> None:
    heads = seeded_heads(with_points)
    path = write_heads(tmp_path / "scrfd.onnx", list(heads.values()), size)
    planes = np.random.default_rng(1).normal(0, 6, (1, 3, 64, 96)).astype(np.float32)
    found = decode(runtime.load(path).run(planes), (96, 64), 0.6)
    expected = np.array(by_hand(heads, planes, 0.6), np.float32)
    assert len(found) == len(expected) > 20
    np.testing.assert_allclose(found.scores, expected[:, 0], atol=1e-4)
    np.testing.assert_allclose(found.boxes, expected[:, 1:5], atol=1e-2)
    if with_points:
        np.testing.assert_allclose(found.landmarks.reshape(-1, 10), expected[:, 5:], atol=1e-2)


def test_outputs_are_told_apart_by_shape() -> None:
    heads = seeded_heads(with_points=True)
    planes = np.random.default_rng(1).normal(0, 6, (1, 3, 64, 96)).astype(np.float32)
    outputs = {f"{kind}_{stride}": head.compute(planes) for (kind, stride), head in heads.items()}
    expected = decode(outputs, (96, 64), 0.6)
    by_stride = dict(sorted(outputs.items(), key=lambda output: output[0].rsplit("_", 1)[1]))
    batched = {str(number): values[None] for number, values in enumerate(by_stride.values())}
    np.testing.assert_array_equal(decode(batched, (96, 64), 0.6).boxes, expected.boxes)


@pytest.mark.parametrize("name", ["scrfd_10g", pytest.param("scrfd_34g", marks=pytest.mark.exhaustive)])
@pytest.mark.parametrize("with_points", [True, False], ids=["bnkps", "without"])
@pytest.mark.parametrize("size", [None, (640, 640)], ids=["dynamic", "640"])
@pytest.mark.parametrize("has_batch", [True, False], ids=["batch", "rows"])
def test_every_layout_is_imported(
    bring: Bring,
    runtime: Runtime,
    tmp_path: Path,
    name: str,
    with_points: bool,
    size: tuple[int, int] | None,
    has_batch: bool,
) -> None:
    """Names and shapes as ``scrfd2onnx.py`` writes them; a network that calls red cells of 16 px faces."""
    heads = {
        (kind, stride): replace(
            head, weights=head.weights * 0, bias=head.bias * 0 + {"scores": -9, "boxes": 4}.get(kind, 0)
        )
        for (kind, stride), head in seeded_heads(with_points).items()
    }
    heads["scores", 16].weights[0] = (20, 0, 0)  # red, the first of RGB, for the first of two predictions
    names = {"scores": "score", "boxes": "bbox", "points": "kps"}
    outputs = {f"{names[kind]}_{stride}": [head] for (kind, stride), head in heads.items()}
    path = write_heads(tmp_path / f"{name}.onnx", outputs, size, "input.1", has_batch)
    model = imported(bring("scrfd", path), runtime)
    assert (model.card.input.shape, model.card.has_landmarks) == ((3, 640, 640), with_points)
    picture = np.full((640, 640, 3), 127, np.uint8)
    picture[160:176, 320:336] = (0, 0, 255)
    detector = ScrfdDetector(model, DetectionSettings(long_side_px=640))
    faces = detector.detect(ArrayPixels(picture))
    np.testing.assert_allclose(faces.boxes, [(320 - 64, 160 - 64, 320 + 64, 160 + 64)], atol=1e-3)
    if with_points:
        np.testing.assert_allclose(faces.landmarks, np.full((1, 5, 2), (320, 160)), atol=1e-3)


@pytest.mark.parametrize(("with_points", "landmarks"), [(True, "measured"), (False, "approximate")])
def test_files_without_keypoints_say_that_their_landmarks_are_approximate(
    tmp_path: Path, runtime: Runtime, with_points: bool, landmarks: str
) -> None:
    path = write_heads(tmp_path / "scrfd.onnx", list(seeded_heads(with_points).values()), None)
    model = installed(path, runtime, LAYOUT, "scrfd")
    detector = ScrfdDetector(model, DetectionSettings(min_score=0.5, min_face_px=4))
    assert detector.landmarks == landmarks
    noise = np.random.default_rng(0).integers(0, 256, (200, 300, 3), dtype=np.uint8)
    faces = detector.detect(ArrayPixels(noise))
    assert len(faces) > 0
    np.testing.assert_array_equal(detector.refine(ArrayPixels(noise), faces).boxes, faces.boxes)


def test_other_files_are_refused(take: Callable[[str], InstalledModel]) -> None:
    model = take("yunet")
    detector = ScrfdDetector(model, DetectionSettings())
    with pytest.raises(ModelCorrupt, match=r"expected the outputs of SCRFD.*3 of width 10.*gives .*1×6400×1"):
        detector.detect(ArrayPixels(np.zeros((640, 640, 3), np.uint8)))
    heads = seeded_heads(with_points=True)
    outputs = {str(key): head.compute(np.zeros((1, 3, 64, 96), np.float32)) for key, head in heads.items()}
    with pytest.raises(ModelCorrupt, match="expected 160 predictions of SCRFD at stride 8"):
        decode(outputs, (80, 64), 0.5)
