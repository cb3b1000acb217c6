"""YOLOv5-face and YOLOv8-face: every layout of output, one prediction at a time."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from tests.support.detector_files import seeded_head, write_heads
from tests.support.installed import installed

from mien.domain.errors import ModelCorrupt
from mien.domain.faces import Detections
from mien.inference.batches import Floats
from mien.inference.installed import InstalledModel
from mien.inference.model_card import InputLayout
from mien.inference.session import Runtime
from mien.sources.pixels import ArrayPixels
from mien.vision.detection.detector import DetectionSettings
from mien.vision.detection.families.yolo_face import YoloV5FaceDetector, YoloV8FaceDetector, decode_v5, decode_v8

LAYOUT = InputLayout((3, 640, 640), "rgb", 0.0, 1 / 255)
STRIDES = (8, 16, 32)


def test_v5_rows_are_centre_size_and_product_of_scores() -> None:
    rows = np.random.default_rng(2).uniform(0, 1, (1, 200, 16)).astype(np.float32) * 100
    rows[..., [4, 15]] /= 100
    found = decode_v5({"output": rows}, (64, 64), 0.5)
    expected = [row for row in rows[0] if row[4] * row[15] >= 0.5]
    assert len(found) == len(expected) > 10
    for box, score, points, row in zip(found.boxes, found.scores, found.landmarks, expected, strict=True):
        x, y, w, h = row[:4]
        np.testing.assert_allclose(box, (x - w / 2, y - h / 2, x + w / 2, y + h / 2), rtol=1e-5, atol=1e-4)
        assert score == pytest.approx(row[4] * row[15])
        np.testing.assert_array_equal(points.ravel(), row[5:15])


SIZES = {
    3: [[4, 5, 8, 10, 13, 16], [23, 29, 43, 55, 73, 105], [146, 217, 231, 300, 335, 433]],
    4: [
        [6, 7, 9, 11, 13, 16],
        [18, 23, 26, 33, 37, 47],
        [54, 67, 77, 104, 112, 154],
        [174, 238, 258, 355, 445, 568],
    ],
}
"""The anchors of the authors' configurations: width, height, width, … in px, by the number of maps."""


def v5_by_hand(maps: list[Floats], least: float) -> Floats:
    """Rows of score, box and points of raw maps (1, 48, rows, columns), as the authors' head decodes them."""

    def strength(value: float) -> float:
        return 1 / (1 + np.exp(-float(value)))

    found = []
    for level, raw in enumerate(maps):
        stride, (rows, columns) = 8 * 2**level, raw.shape[2:]
        for prior in range(3):
            wide, high = SIZES[len(maps)][level][2 * prior : 2 * prior + 2]
            for row in range(rows):
                for column in range(columns):
                    values = raw[0, 16 * prior : 16 * prior + 16, row, column]
                    score = strength(values[4]) * strength(values[15])
                    if score < least:
                        continue
                    x = (strength(values[0]) * 2 - 0.5 + column) * stride
                    y = (strength(values[1]) * 2 - 0.5 + row) * stride
                    w, h = (strength(values[2]) * 2) ** 2 * wide, (strength(values[3]) * 2) ** 2 * high
                    points = [values[5 + k] * (wide, high)[k % 2] + (column, row)[k % 2] * stride for k in range(10)]
                    found.append([score, x - w / 2, y - h / 2, x + w / 2, y + h / 2, *points])
    return np.array(found, np.float32)


@pytest.mark.parametrize("shape", ["map", "by anchor"])
@pytest.mark.parametrize("levels", [3, 4])
@pytest.mark.parametrize("size", [None, (128, 64)])
def test_v5_raw_maps_are_decoded_as_the_network_would(
    tmp_path: Path, runtime: Runtime, shape: str, levels: int, size: tuple[int, int] | None
) -> None:
    generator = np.random.default_rng(3)
    strides = (8, 16, 32, 64)[:levels]
    heads = [seeded_head(generator, stride, 48, shape=shape, anchors=3) for stride in strides]
    path = write_heads(tmp_path / "yolov5s-face.onnx", heads[::-1], size)
    planes = generator.normal(0, 6, (1, 3, 64, 128)).astype(np.float32)
    expected = v5_by_hand([replace(head, shape="map").compute(planes) for head in heads], 0.3)
    found = decode_v5(runtime.load(path, (1, *planes.shape[1:])).run(planes), (128, 64), 0.3)
    np.testing.assert_allclose(found.scores, expected[:, 0], atol=1e-4)
    assert_same(found, expected)


def test_v5_raw_maps_beside_the_decoded_rows_are_left_out() -> None:
    generator = np.random.default_rng(2)
    rows = generator.uniform(0, 1, (1, 3 * (64 + 16 + 4), 16)).astype(np.float32)
    raw = {str(side): generator.normal(size=(1, 3, side, side, 16)).astype(np.float32) for side in (8, 4, 2)}
    alone, beside = (decode_v5({"output": rows, **rest}, (64, 64), 0.5) for rest in ({}, raw))
    np.testing.assert_array_equal(beside.boxes, alone.boxes)
    np.testing.assert_array_equal(beside.landmarks, alone.landmarks)


def test_v5_finds_its_faces_in_the_px_of_the_picture(tmp_path: Path, runtime: Runtime) -> None:
    """A network that calls every red cell of 16 px a face of its middle prior, through letterbox and suppression."""
    generator = np.random.default_rng(4)
    bias = np.zeros(48, np.float32)
    bias[[4, 20, 36]] = -40
    bias[[15, 31, 47]] = 40
    heads = [seeded_head(generator, stride, 48, bias, spread=0, shape="by anchor", anchors=3) for stride in STRIDES]
    heads[1].weights[20] = (80, 0, 0)  # red, the first of RGB
    path = write_heads(tmp_path / "yolov5s-face.onnx", heads, (640, 640))
    picture = np.full((360, 640, 3), 40, np.uint8)
    picture[160:176, 320:336] = (0, 0, 255)
    detector = YoloV5FaceDetector(installed(path, runtime, LAYOUT, "yolov5-face"), DetectionSettings())
    faces = detector.detect(ArrayPixels(cv2.resize(picture, (1280, 720), interpolation=cv2.INTER_NEAREST)))
    # the middle of the cell, a prior of 43×55 px around it, all doubled
    np.testing.assert_allclose(faces.boxes, [(656 - 43, 336 - 55, 656 + 43, 336 + 55)], atol=1)
    np.testing.assert_allclose(faces.landmarks, np.full((1, 5, 2), (640, 320)), atol=1)


def test_scores_of_any_size_are_strengths() -> None:
    """Of 16 bits the largest number is 65504."""
    with np.errstate(all="raise", under="ignore"):
        for logit in (89, 1000, 65504):
            raw = np.full((1, 80, 2, 2), logit, np.float32)
            raw[0, 64, 0] = -logit
            found = decode_v8(
                {str(2**k): np.repeat(raw, 2**k, axis=3).repeat(2**k, axis=2) for k in range(3)}, (64, 64), 0.5
            )
            assert len(found) == 2 + 8 + 32 and np.isfinite(found.boxes).all()
            maps = {str(2**k): np.full((1, 48, 2 * 2**k, 2 * 2**k), logit, np.float32) for k in range(3)}
            assert np.isfinite(decode_v5(maps, (64, 64), 0.5).boxes).all()
            maps = {name: -values for name, values in maps.items()}
            assert len(decode_v5(maps, (64, 64), 0.5)) == 0


def raw_by_hand(maps: list[Floats], height: int, least: float) -> Floats:
    """Rows of score, box and points as the head of YOLOv8 and the keypoints of its pose network are decoded."""
    rows = []
    for raw in maps:
        _, channels, row_count, column_count = raw.shape
        assert channels == 80
        stride = height // row_count
        for row in range(row_count):
            for column in range(column_count):
                values = raw[0, :, row, column].astype(np.float64)
                score = 1 / (1 + np.exp(-values[64]))
                if score < least:
                    continue
                sides = []
                for side in range(4):
                    odds = np.exp(values[16 * side : 16 * side + 16])
                    sides.append((odds / odds.sum() * np.arange(16)).sum())
                x, y = column + 0.5, row + 0.5
                box = np.array([x - sides[0], y - sides[1], x + sides[2], y + sides[3]]) * stride
                points = values[65:].reshape(5, 3)
                five = np.stack([points[:, 0] * 2 + (x - 0.5), points[:, 1] * 2 + (y - 0.5)], axis=1) * stride
                rows.append([score, *box, *five.ravel()])
    return np.array(rows, np.float32)


def assert_same(found: Detections, expected: Floats) -> None:
    assert len(found) == len(expected) > 10
    np.testing.assert_allclose(found.scores, expected[:, 0], atol=1e-4)
    np.testing.assert_allclose(found.boxes, expected[:, 1:5], atol=0.02)
    np.testing.assert_allclose(found.landmarks.reshape(-1, 10), expected[:, 5:], atol=0.02)


@pytest.mark.parametrize("size", [None, (96, 64)])
def test_v8_raw_maps_hold_distributions_of_distances(
    tmp_path: Path, runtime: Runtime, size: tuple[int, int] | None
) -> None:
    generator = np.random.default_rng(3)
    heads = [seeded_head(generator, stride, 80) for stride in STRIDES]
    path = write_heads(tmp_path / "yolov8n-face.onnx", heads, size)
    planes = generator.normal(0, 6, (1, 3, 64, 96)).astype(np.float32)
    expected = raw_by_hand([head.compute(planes) for head in heads], 64, 0.6)
    assert_same(decode_v8(runtime.load(path).run(planes), (96, 64), 0.6), expected)


def test_v8_finds_its_faces_in_the_px_of_the_picture(tmp_path: Path, runtime: Runtime) -> None:
    """A network that calls every red cell a face of eight strides, through letterbox, colours and suppression."""
    generator = np.random.default_rng(4)
    bias = np.zeros(80, np.float32)
    bias[[4, 20, 36, 52]] = 20  # every side lies four strides from the middle
    bias[64] = -40
    heads = [seeded_head(generator, stride, 80, bias, spread=0) for stride in STRIDES]
    heads[1].weights[64] = (80, 0, 0)  # red, the first of RGB, in squares of 16 px alone
    path = write_heads(tmp_path / "yolov8n-face.onnx", heads, (640, 640))
    picture = np.full((360, 640, 3), 40, np.uint8)
    picture[160:176, 320:336] = (0, 0, 255)
    detector = YoloV8FaceDetector(installed(path, runtime, LAYOUT, "yolov8-face"), DetectionSettings())
    faces = detector.detect(ArrayPixels(cv2.resize(picture, (1280, 720), interpolation=cv2.INTER_NEAREST)))
    np.testing.assert_allclose(faces.boxes, [(528, 208, 784, 464)], atol=1)  # 128 px around (328, 168), doubled
    assert faces.scores[0] > 0.99


def test_v8_decoded_rows_are_read_alike() -> None:
    rows = np.random.default_rng(2).uniform(0, 64, (1, 20, 8400)).astype(np.float32)
    rows[0, 4] /= 64
    found = decode_v8({"output0": rows}, (640, 640), 0.99)
    expected = [
        [s, x - w / 2, y - h / 2, x + w / 2, y + h / 2, *(points[k] for k in range(15) if k % 3 != 2)]
        for x, y, w, h, s, *points in rows[0].T
        if s >= 0.99
    ]
    assert_same(found, np.array(expected, np.float32))


def test_a_real_v5_file_sees_the_portrait(take: Callable[[str], InstalledModel], astronaut: ArrayPixels) -> None:
    model = take("yolov5n-face")
    planes = np.full((1, 3, 640, 640), 114, np.float32)
    planes[0, :, :512, :512] = astronaut.bgr()[:, :, ::-1].transpose(2, 0, 1)
    (rows,) = (values[0] for values in model.load().run(planes / np.float32(255)).values())
    best = rows[(rows[:, 4] * rows[:, 15]).argmax()]
    faces = YoloV5FaceDetector(model, DetectionSettings(long_side_px=512)).detect(astronaut)
    assert len(faces) == 1
    np.testing.assert_allclose((faces.boxes[0, :2] + faces.boxes[0, 2:]) / 2, best[:2], atol=3)
    np.testing.assert_allclose(faces.landmarks[0].ravel(), best[5:15], atol=3)


@pytest.mark.parametrize("build", [YoloV5FaceDetector, YoloV8FaceDetector])
def test_other_files_are_refused(
    take: Callable[[str], InstalledModel], build: type[YoloV5FaceDetector] | type[YoloV8FaceDetector]
) -> None:
    detector = build(take("yunet"), DetectionSettings())
    with pytest.raises(ModelCorrupt, match=r"expected the outputs of YOLOv\d-face.*gives"):
        detector.detect(ArrayPixels(np.zeros((64, 64, 3), np.uint8)))
    two = {str(side): np.zeros((1, 48, side, side), np.float32) for side in (4, 2)}
    with pytest.raises(ModelCorrupt, match="3 or 4 maps of three times 16 channels; the file gives 1×48×4×4, 1×48×2×2"):
        decode_v5(two, (32, 32), 0.5)
    with pytest.raises(ModelCorrupt, match="expected 64 cells of YOLOv5-face at stride 8, got 16"):
        decode_v5({**two, "1": np.zeros((1, 48, 1, 1), np.float32)}, (64, 64), 0.5)
    rows = np.zeros((1, 9, 16), np.float32)
    for other in ({"a": rows, "b": rows}, {"a": rows, "b": rows[..., :2]}, {"a": rows[0, 0, 0]}):
        with pytest.raises(ModelCorrupt, match="expected the outputs of YOLOv5-face"):
            decode_v5(other, (32, 32), 0.5)
    with pytest.raises(ModelCorrupt, match="YOLOv8-face"):
        decode_v8({"a": np.zeros((1, 80, 4, 4), np.float32)}, (32, 32), 0.5)
