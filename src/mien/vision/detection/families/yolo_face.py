"""YOLOv5-face (Qi et al., "YOLO5Face: Why Reinventing a Face Detector", ECCV Workshops 2022) and YOLOv8-face, the same
idea with the heads of YOLOv8 (Jocher et al., 2023)."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from mien.domain.errors import ModelCorrupt
from mien.domain.faces import Detections
from mien.inference.installed import InstalledModel
from mien.vision.detection.canvas_detector import CanvasDetector, CanvasNetwork
from mien.vision.detection.detector import DetectionSettings
from mien.vision.detection.output_columns import cells, columns, shapes

Floats = NDArray[np.float32]

GREY = 114
"""What YOLO's training lays around a picture."""

LARGE_FACE_PX = 400
"""At 510 px on the canvas YOLOv5n-face misses one face of four."""

BINS = 16
"""A distance to a side is the mean of a distribution over 0 to 15 strides (Li et al., "Generalized Focal Loss",
NeurIPS 2020)."""

RAW_CHANNELS = 4 * BINS + 1 + 15
DECODED_ROWS = 4 + 1 + 15


class YoloV5FaceDetector(CanvasDetector):
    """Finds faces with a YOLOv5-face file whose one output is decoded, as its own export writes it."""

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


def decode_v5(
    outputs: Mapping[str, Floats],
    size: tuple[int, int],  # noqa: ARG001 - the network itself knows
    min_score: float,
) -> Detections:
    """All predictions of at least ``min_score`` in px of the canvas.

    A row is centre, size, objectness, five landmarks and the class; the score is objectness times class. Raises
    ModelCorrupt where the output is not YOLOv5-face's.
    """
    (rows,) = columns(outputs, {16: 1}, "YOLOv5-face")[16]
    scores = rows[:, 4] * rows[:, 15]
    kept = np.flatnonzero(scores >= min_score)
    return Detections(_corners(rows[kept, :4]), scores[kept], rows[kept, 5:15].reshape(-1, 5, 2))


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
    scores = _sigmoid(flat[4 * BINS])
    kept = np.flatnonzero(scores >= min_score)
    cell = cells(size, stride)[kept]
    weights = np.exp(flat[: 4 * BINS, kept].reshape(4, BINS, -1))
    bins = np.arange(BINS, dtype=np.float32)[:, None]
    distances = ((weights * bins).sum(axis=1) / weights.sum(axis=1)).T
    middle = cell + np.float32(0.5)
    boxes = np.hstack([middle - distances[:, :2], middle + distances[:, 2:]]) * stride
    points = flat[4 * BINS + 1 :, kept].T.reshape(-1, 5, 3)[:, :, :2]
    return Detections(boxes, scores[kept], (2 * points + cell[:, None]) * stride)


def _corners(centres_and_sizes: Floats) -> Floats:
    middle, half = centres_and_sizes[:, :2], centres_and_sizes[:, 2:4] / 2
    corners: Floats = np.hstack([middle - half, middle + half])
    return corners


def _sigmoid(logits: Floats) -> Floats:
    strength: Floats = np.float32(1) / (np.float32(1) + np.exp(-logits))
    return strength
