"""YOLOv5-face (Qi et al., "YOLO5Face: Why Reinventing a Face Detector", ECCV Workshops 2022) and YOLOv8-face, the same
idea with the heads of YOLOv8 (Jocher et al., 2023)."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from mien.domain.errors import ModelCorrupt
from mien.domain.faces import Detections
from mien.inference.installed import InstalledModel
from mien.vision.activations import sigmoid, softmax
from mien.vision.detection.canvas_detector import CanvasDetector, CanvasNetwork
from mien.vision.detection.detector import DetectionSettings
from mien.vision.detection.output_columns import cells, shapes

Floats = NDArray[np.float32]
Anchors = tuple[tuple[int, int], ...]

GREY = 114
"""What YOLO's training lays around a picture."""

LARGE_FACE_PX = 400
"""At 510 px on the canvas YOLOv5n-face misses one face of four."""

BINS = 16
"""A distance to a side is the mean of a distribution over 0 to 15 strides (Li et al., "Generalized Focal Loss",
NeurIPS 2020)."""

RAW_CHANNELS = 4 * BINS + 1 + 15
DECODED_ROWS = 4 + 1 + 15

COLUMNS = 16
"""Of a prediction of YOLOv5-face: centre, size, objectness, five landmarks, class."""

FINEST_STRIDE = 8

ANCHORS = {
    3: (((4, 5), (8, 10), (13, 16)), ((23, 29), (43, 55), (73, 105)), ((146, 217), (231, 300), (335, 433))),
    4: (
        ((6, 7), (9, 11), (13, 16)),
        ((18, 23), (26, 33), (37, 47)),
        ((54, 67), (77, 104), (112, 154)),
        ((174, 238), (258, 355), (445, 568)),
    ),
}
"""Widths and heights in px of the three priors of each cell, the finest map first, by the number of maps: those of the
authors' networks, and of the ones whose names end in 6."""


class YoloV5FaceDetector(CanvasDetector):
    """Finds faces with a YOLOv5-face file: its output is decoded (1, n, 16), or there are raw maps, or both."""

    def __init__(self, model: InstalledModel, settings: DetectionSettings) -> None:
        super().__init__(
            model, settings, CanvasNetwork(decode_v5, large_face_px=LARGE_FACE_PX, fill=GREY), model.load()
        )


class YoloV8FaceDetector(CanvasDetector):
    """Finds faces with a YOLOv8-face file: one decoded output (1, 20, n), or three raw ones (1, 80, rows, columns)."""

    def __init__(self, model: InstalledModel, settings: DetectionSettings) -> None:
        super().__init__(
            model, settings, CanvasNetwork(decode_v8, large_face_px=LARGE_FACE_PX, fill=GREY), model.load()
        )


def decode_v5(outputs: Mapping[str, Floats], size: tuple[int, int], min_score: float) -> Detections:
    """All predictions of at least ``min_score`` in px of a canvas of ``size`` (width, height).

    The score is objectness times class. Raw maps are (1, 48, rows, columns) or (1, 3, rows, columns, 16). Raises
    ModelCorrupt where the outputs are not YOLOv5-face's.
    """
    decoded = [values for values in outputs.values() if values.ndim <= 3 and values.shape[-1:] == (COLUMNS,)]
    raw = [one for one in map(_by_prior, outputs.values()) if one is not None]
    if len(decoded) + len(raw) != len(outputs) or len(decoded) > 1 or (not decoded and len(raw) not in ANCHORS):
        raise ModelCorrupt(
            f"expected the outputs of YOLOv5-face, one of rows of {COLUMNS} numbers, or "
            f"{' or '.join(map(str, ANCHORS))} maps of three times {COLUMNS} channels; the file gives {shapes(outputs)}"
        )
    if not decoded:
        maps = sorted(raw, key=lambda one: one.size, reverse=True)
        levels = enumerate(zip(maps, ANCHORS[len(maps)], strict=True))
        return Detections.concat(
            [_decode_v5_map(one, anchors, size, FINEST_STRIDE << level, min_score) for level, (one, anchors) in levels]
        )
    rows = decoded[0].reshape(-1, COLUMNS)
    scores = rows[:, 4] * rows[:, 15]
    kept = np.flatnonzero(scores >= min_score)
    return Detections(_corners(rows[kept, :4]), scores[kept], rows[kept, 5:15].reshape(-1, 5, 2))


def _by_prior(values: Floats) -> Floats | None:
    """A raw map as (3, cells, 16); None for what is none."""
    if values.ndim >= 4 and values.shape[-1] == COLUMNS and values.shape[-4] == 3:
        return values.reshape(3, -1, COLUMNS)
    if values.ndim >= 4 and values.shape[-3] == 3 * COLUMNS:
        return values.reshape(3, COLUMNS, -1).swapaxes(1, 2)
    return None


def _decode_v5_map(raw: Floats, anchors: Anchors, size: tuple[int, int], stride: int, min_score: float) -> Detections:
    """One raw map (3, cells, 16), decoded as the network's own head does it."""
    corners = cells(size, stride)
    if raw.shape[1] != len(corners):
        raise ModelCorrupt(f"expected {len(corners)} cells of YOLOv5-face at stride {stride}, got {raw.shape[1]}")
    scores = sigmoid(raw[..., 4]) * sigmoid(raw[..., 15])
    prior, cell = np.nonzero(scores >= min_score)
    found, corner, side = raw[prior, cell], corners[cell], np.array(anchors, np.float32)[prior]
    shares = 2 * sigmoid(found[:, :4])
    middles = (shares[:, :2] - np.float32(0.5) + corner) * stride
    points = found[:, 5:15].reshape(-1, 5, 2) * side[:, None] + corner[:, None] * stride
    boxes = _corners(np.hstack([middles, shares[:, 2:] ** 2 * side]))
    return Detections(boxes, scores[prior, cell], points)


def decode_v8(outputs: Mapping[str, Floats], size: tuple[int, int], min_score: float) -> Detections:
    """All predictions of at least ``min_score`` in px of the canvas; raises ModelCorrupt for other outputs."""
    maps = [values.reshape(values.shape[-3:]) for values in outputs.values() if values.ndim >= 3]
    if len(maps) == len(outputs) == 3 and all(len(one) == RAW_CHANNELS for one in maps):
        return Detections.concat([_decode_map(one, size, min_score) for one in maps])
    only = next(iter(outputs.values()))
    if len(outputs) != 1 or only.shape[-2:-1] != (DECODED_ROWS,):
        raise ModelCorrupt(
            f"expected the outputs of YOLOv8-face, three of {RAW_CHANNELS} channels or one of {DECODED_ROWS} rows; "
            f"the file gives {shapes(outputs)}"
        )
    rows = only.reshape(DECODED_ROWS, -1)
    kept = rows[:, rows[4] >= min_score].T
    return Detections(_corners(kept[:, :4]), kept[:, 4], kept[:, 5:].reshape(-1, 5, 3)[:, :, :2])


def _decode_map(raw: Floats, size: tuple[int, int], min_score: float) -> Detections:
    """One raw output (80, rows, columns): distributions of four distances, class, five landmarks with visibility."""
    stride = size[1] // raw.shape[1]
    flat = raw.reshape(RAW_CHANNELS, -1)
    scores = sigmoid(flat[4 * BINS])
    kept = np.flatnonzero(scores >= min_score)
    cell = cells(size, stride)[kept]
    shares = softmax(flat[: 4 * BINS, kept].reshape(4, BINS, -1))
    bins = np.arange(BINS, dtype=np.float32)[:, None]
    distances = (shares * bins).sum(axis=1).T
    middle = cell + np.float32(0.5)
    boxes = np.hstack([middle - distances[:, :2], middle + distances[:, 2:]]) * stride
    points = flat[4 * BINS + 1 :, kept].T.reshape(-1, 5, 3)[:, :, :2]
    return Detections(boxes, scores[kept], (2 * points + cell[:, None]) * stride)


def _corners(centres_and_sizes: Floats) -> Floats:
    middle, half = centres_and_sizes[:, :2], centres_and_sizes[:, 2:4] / 2
    corners: Floats = np.hstack([middle - half, middle + half])
    return corners
