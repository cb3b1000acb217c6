"""Detectors as their authors' own scripts run them: ONNX Runtime, textbook decoding, OpenCV's suppression.

What mien finds with the same file at the same size has to be as good. Nothing of mien's detection is used.
"""

from collections.abc import Callable, Mapping
from itertools import product
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import onnxruntime
from numpy.typing import NDArray

from mien.inference.onnx_runtime import with_input_shape

Floats = NDArray[np.float32]
Picture = NDArray[np.uint8]
Finder = Callable[[Picture], tuple[Floats, Floats]]
"""From a picture (height, width, 3) BGR to boxes (n, 4) x1 y1 x2 y2 px and scores (n,)."""

LEAST_SCORE = 0.05
STRIDES = (8, 16, 32)


def yunet(path: Path, side: int) -> Finder:
    """OpenCV's own reader of the file."""
    detector = cv2.FaceDetectorYN.create(str(path), "", (side, side), LEAST_SCORE, 0.3, 5000)

    def find(picture: Picture) -> tuple[Floats, Floats]:
        canvas, scale = _letterboxed(picture, side, 0)
        _, rows = detector.detect(canvas)
        rows = np.zeros((0, 15), np.float32) if rows is None else rows
        return np.hstack([rows[:, :2], rows[:, :2] + rows[:, 2:4]]) / scale, rows[:, 14]

    return find


def scrfd(path: Path, side: int) -> Finder:
    """As insightface's detector: distances from the corners of the cells, suppression at 0.4."""

    def decode(outputs: list[Floats]) -> tuple[Floats, Floats]:
        boxes, scores = [], []
        for level, stride in enumerate(STRIDES):
            grid = np.stack(np.mgrid[: side // stride, : side // stride][::-1], axis=-1).astype(np.float32)
            corners = np.repeat((grid * stride).reshape(-1, 2), 2, axis=0)
            distances = outputs[level + 3].reshape(-1, 4) * stride
            boxes.append(np.hstack([corners - distances[:, :2], corners + distances[:, 2:]]))
            scores.append(outputs[level].ravel())
        return np.vstack(boxes), np.concatenate(scores)

    return _finder(path, side, decode, lambda image: (image[:, :, ::-1] - 127.5) / 128, 0.4)


def retinaface(path: Path, side: int) -> Finder:
    """As Pytorch_Retinaface's test: priors in shares of the picture, variances 0.1 and 0.2, suppression at 0.4."""
    priors = np.array(
        [
            ((column + 0.5) * stride / side, (row + 0.5) * stride / side, length / side, length / side)
            for stride, lengths in zip(STRIDES, ((16, 32), (64, 128), (256, 512)), strict=True)
            for row, column in product(range(side // stride), repeat=2)
            for length in lengths
        ],
        np.float32,
    )

    def decode(outputs: list[Floats]) -> tuple[Floats, Floats]:
        location, classes = (next(o[0] for o in outputs if o.shape[-1] == width) for width in (4, 2))
        centres = priors[:, :2] + location[:, :2] * 0.1 * priors[:, 2:]
        sizes = priors[:, 2:] * np.exp(location[:, 2:] * 0.2)
        return np.hstack([centres - sizes / 2, centres + sizes / 2]) * side, classes[:, 1]

    return _finder(path, side, decode, lambda image: image - np.float32((104, 117, 123)), 0.4)


def yolov5_face(path: Path, side: int) -> Finder:
    """As yolov5-face's detect script: centre and size, objectness times class, suppression at 0.45."""

    def decode(outputs: list[Floats]) -> tuple[Floats, Floats]:
        rows = outputs[0][0]
        half = rows[:, 2:4] / 2
        return np.hstack([rows[:, :2] - half, rows[:, :2] + half]), rows[:, 4] * rows[:, 15]

    return _finder(path, side, decode, lambda image: image[:, :, ::-1] / np.float32(255), 0.45, fill=114)


PLAIN: Mapping[str, Callable[[Path, int], Finder]] = {
    "yunet": yunet,
    "scrfd": scrfd,
    "retinaface": retinaface,
    "yolov5-face": yolov5_face,
}
"""By family; a file of one size is run at that size."""


def _finder(
    path: Path,
    side: int,
    decode: Callable[[list[Floats]], tuple[Floats, Floats]],
    normalise: Callable[[Floats], Floats],
    max_iou: float,
    fill: int = 0,
) -> Finder:
    session = _session(path, side)
    name = session.get_inputs()[0].name

    def find(picture: Picture) -> tuple[Floats, Floats]:
        canvas, scale = _letterboxed(picture, side, fill)
        planes = np.ascontiguousarray(normalise(canvas.astype(np.float32)).transpose(2, 0, 1)[None], np.float32)
        boxes, scores = decode(session.run(None, {name: planes}))
        sure = scores > LEAST_SCORE
        boxes, scores = boxes[sure], scores[sure]
        corner_and_size = np.hstack([boxes[:, :2], boxes[:, 2:] - boxes[:, :2]])
        kept = np.array(cv2.dnn.NMSBoxes(corner_and_size.tolist(), scores.tolist(), 0.0, max_iou), np.intp).ravel()
        return boxes[kept] / scale, scores[kept]

    return find


def _session(path: Path, side: int) -> Any:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(with_input_shape(path, (1, 3, side, side)), options)


def _letterboxed(picture: Picture, side: int, fill: int) -> tuple[Picture, float]:
    """The picture scaled into the upper left corner of a square, and how much."""
    height, width = picture.shape[:2]
    scale = side / max(height, width)
    inner = cv2.resize(picture, (round(width * scale), round(height * scale)))
    canvas = np.full((side, side, 3), fill, np.uint8)
    canvas[: inner.shape[0], : inner.shape[1]] = inner
    return canvas, scale
