"""What a plain program is: a picture in, boxes and scores out, and what such programs share."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import onnxruntime
from numpy.typing import NDArray

Floats = NDArray[Any]
Picture = NDArray[np.uint8]
Boxes = tuple[Floats, Floats]
"""Corners x1 y1 x2 y2 (n, 4) in px of the picture, and scores (n,)."""

Finder = Callable[[Picture], Boxes]
"""From a picture (height, width, 3) BGR to its boxes."""

LEAST_SCORE = 0.05


def opened(model: Path | bytes) -> Any:
    """A network on one thread of ONNX Runtime."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(model if isinstance(model, bytes) else str(model), options)


def letterboxed(picture: Picture, side: int, fill: int = 0) -> tuple[Picture, float]:
    """The picture scaled into the upper left corner of a square, and how much."""
    height, width = picture.shape[:2]
    scale = side / max(height, width)
    inner = cv2.resize(picture, (round(width * scale), round(height * scale)))
    canvas = np.full((side, side, 3), fill, np.uint8)
    canvas[: inner.shape[0], : inner.shape[1]] = inner
    return canvas, scale


def overlap(box: Floats, boxes: Floats, of_smaller: bool = False) -> Floats:
    """Intersection of a box with others over their union, or over the smaller of the two."""
    width = np.minimum(box[2], boxes[:, 2]) - np.maximum(box[0], boxes[:, 0])
    height = np.minimum(box[3], boxes[:, 3]) - np.maximum(box[1], boxes[:, 1])
    common = np.maximum(width, 0) * np.maximum(height, 0)
    area = (box[2] - box[0]) * (box[3] - box[1])
    areas = (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])
    return common / np.maximum(np.minimum(area, areas) if of_smaller else area + areas - common, 1e-9)


def keep(boxes: Floats, scores: Floats, most: float, of_smaller: bool = False) -> list[int]:
    """Greedy non-maximum suppression: indices, best score first."""
    left, kept = np.argsort(-scores, kind="stable"), []
    while len(left):
        kept.append(int(left[0]))
        left = left[1:][overlap(boxes[left[0]], boxes[left[1:]], of_smaller) <= most]
    return kept
