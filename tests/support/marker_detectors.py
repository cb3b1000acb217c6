"""Detectors of families without registry weights: their layouts, on a network that takes red squares for faces.

A face is a pure red square of 16×16 px of the canvas that covers one cell of stride 16; its box is 64 px wide. Weights
are seeded, but for the first channel of every layer, which holds how red a cell is.
"""

from pathlib import Path

import numpy as np
from tests.reference.layers import softmax
from tests.support.layered_files import Floats, LayeredNetwork

from mien.sources.pixels import ArrayPixels

STRIDES, SEEING = (8, 16, 32), 16
"""All but one level see nothing."""

FACE_PX = 64
LANDMARKS = ((-14, -14), (14, -9), (0, 0), (-12, 12), (11, 16))
"""Px from the middle of the face: a head that tilts by ten degrees."""

_WIDTH = 8
_RED = (1, -0.5, -0.5)
_NOISE = 0.02
_SURE, _NEVER = 30.0, -60.0
_LEFT_OF_CENTRE, _BINS = FACE_PX // (2 * SEEING), 16


def markers(columns: int, rows: int, cell_px: int, marker_px: int = 16) -> ArrayPixels:
    """A grey picture with a face in the middle of every cell."""
    picture = np.full((rows * cell_px, columns * cell_px, 3), 90, np.uint8)
    start = (cell_px - marker_px) // 2
    for row in range(rows):
        for column in range(columns):
            y, x = row * cell_px + start, column * cell_px + start
            picture[y : y + marker_px, x : x + marker_px] = (0, 0, 255)
    return ArrayPixels(picture)


def write_yolov8_raw(path: Path) -> Path:
    """YOLOv8-face as it is exported for OpenCV: three maps (1, 80, rows, columns)."""
    network = LayeredNetwork("images", seed=8)
    maps = _yolov8_maps(network)
    named = {f"output{level}": (value, (1, 80, None, None)) for level, value in enumerate(maps.values())}
    return network.write(path, (1, 3, 640, 640), named)


def write_yolov8(path: Path) -> Path:
    """YOLOv8-face as its own export writes it: one output (1, 20, 8400), decoded."""
    network = LayeredNetwork("images", seed=8)
    maps = _yolov8_maps(network)
    flat = _joined(network, [_reshaped(network, value, 1, 80, -1) for value in maps.values()], axis=2)
    anchors, strides = _anchors(640)
    sides = _reshaped(network, _part(network, flat, 1, 0, 64), 1, 4, _BINS, -1)
    shares = network.add("Transpose", (sides,), lambda x: x.transpose(0, 2, 1, 3), perm=[0, 2, 1, 3])
    shares = network.add("Softmax", (shares,), lambda x: softmax(x, 1), axis=1)
    bins = np.arange(_BINS, dtype=np.float32).reshape(1, _BINS, 1, 1)
    distances = _reshaped(network, network.conv(shares, bins), 1, 4, -1)
    low = _with(network, "Add", _with(network, "Mul", _part(network, distances, 1, 0, 2), np.float32(-1)), anchors)
    high = _with(network, "Add", _part(network, distances, 1, 2, 4), anchors)
    middle = _with(network, "Mul", network.add("Add", (low, high), np.add), np.float32(0.5))
    size = network.add("Sub", (high, low), np.subtract)
    boxes = _with(network, "Mul", _joined(network, [middle, size], axis=1), strides)
    scores = network.sigmoid(_part(network, flat, 1, 64, 65))
    points = _reshaped(network, _part(network, flat, 1, 65, 80), 1, 5, 3, -1)
    places = _with(network, "Mul", _part(network, points, 2, 0, 2), np.float32(2))
    places = _with(network, "Mul", _with(network, "Add", places, anchors - np.float32(0.5)), strides)
    points = _joined(network, [places, network.sigmoid(_part(network, points, 2, 2, 3))], axis=2)
    rows = _joined(network, [boxes, scores, _reshaped(network, points, 1, 15, -1)], axis=1)
    return network.write(path, (1, 3, 640, 640), {"output0": (rows, (1, 20, 8400))})


def write_scrfd(path: Path) -> Path:
    """SCRFD without keypoints, for pictures of any size: scores and distances of two anchors a cell, by stride."""
    network = LayeredNetwork("input.1", seed=2)
    outputs = {}
    for stride, features in _features(network, _RED, 1 / 2).items():
        logits = _head(network, features, _score_bias(stride, 2), (0, 1), stride)
        scores = network.sigmoid(_rows(network, logits, 1))
        outputs[f"score_{stride}"] = (scores, (None, 1))
        distances = _LEFT_OF_CENTRE + np.array([-0.5, -0.5, 0.5, 0.5] * 2, np.float32)
        outputs[f"bbox_{stride}"] = (_rows(network, _head(network, features, distances), 4), (None, 4))
    ordered = {f"{kind}_{stride}": outputs[f"{kind}_{stride}"] for kind in ("score", "bbox") for stride in STRIDES}
    return network.write(path, (1, 3, "height", "width"), ordered)


def write_retinaface(path: Path) -> Path:
    """RetinaFace of Pytorch_Retinaface: boxes, softmax and landmarks of two priors a cell, all strides in a row."""
    network = LayeredNetwork("input0", seed=5)
    features = _features(network, _RED[::-1], 1 / 255)
    places = np.tile(np.array(LANDMARKS, np.float32).ravel() / (0.1 * FACE_PX), 2)
    heads = {"boxes": (np.zeros(8, np.float32), 4), "landmarks": (places, 10)}
    values = {
        name: _joined(network, [_rows(network, _head(network, one, bias), width) for one in features.values()], axis=0)
        for name, (bias, width) in heads.items()
    }
    classes = []
    for stride, one in features.items():
        bias = np.array([0, _score_bias(stride, 1)[0], 0, _NEVER], np.float32)
        classes.append(_rows(network, _head(network, one, bias, (1,), stride), 2))
    scores = _joined(network, classes, axis=0)
    values["classes"] = network.add("Softmax", (scores,), softmax, axis=-1)
    outputs = {
        name: (_reshaped(network, values[name], 1, -1, width), (1, None, width))
        for name, width in (("boxes", 4), ("classes", 2), ("landmarks", 10))
    }
    return network.write(path, (1, 3, "height", "width"), outputs)


def _yolov8_maps(network: LayeredNetwork) -> dict[int, str]:
    """By stride the distributions of four distances, the class, and five landmarks with their visibility."""
    bias = np.zeros(80, np.float32)
    bias[[_BINS * side + _LEFT_OF_CENTRE for side in range(4)]] = 20
    for number, (x, y) in enumerate(LANDMARKS):
        bias[65 + 3 * number : 67 + 3 * number] = 0.25 + np.array((x, y)) / (2 * SEEING)
    maps = {}
    for stride, features in _features(network, _RED, 1).items():
        bias[64] = _score_bias(stride, 1)[0]
        maps[stride] = _head(network, features, bias.copy(), (64,), stride)
    return maps


def _features(network: LayeredNetwork, red: tuple[float, ...], unit: float) -> dict[int, str]:
    """Maps by stride; ``red`` tells redness from the channels in the order of the network, ``unit`` brings it to 1."""
    value, before, stride, maps = network.input, 3, 1, {}
    while stride < max(STRIDES):
        weight = network.drawn(_WIDTH, before, 2, 2, scale=unit)
        weight[0] = 0
        weight[0, : len(red)] = np.array(red, np.float32)[:, None, None] * unit / 4
        value = network.relu(network.norm(network.conv(value, weight, stride=2), _WIDTH, plain=1))
        before, stride, unit, red = _WIDTH, 2 * stride, 1, (1,)
        if stride in STRIDES:
            maps[stride] = value
    return maps


def _head(network: LayeredNetwork, features: str, bias: Floats, scores: tuple[int, ...] = (), stride: int = 0) -> str:
    """A convolution of 1×1; ``scores`` are the channels that say how certain a face is."""
    weight = network.drawn(len(bias), _WIDTH, 1, 1, scale=_NOISE)
    if stride == SEEING:
        weight[list(scores), 0] = 2 * _SURE
    return network.conv(features, weight, bias)


def _score_bias(stride: int, count: int) -> Floats:
    return np.full(count, -_SURE if stride == SEEING else _NEVER, np.float32)


def _rows(network: LayeredNetwork, value: str, width: int) -> str:
    """A map (1, k, rows, columns) as (n, width), the anchors of a cell one after the other."""
    last = network.add("Transpose", (value,), lambda x: x.transpose(0, 2, 3, 1), perm=[0, 2, 3, 1])
    return _reshaped(network, last, -1, width)


def _anchors(side_px: int) -> tuple[Floats, Floats]:
    """The middles (1, 2, n) of all cells in strides, and the strides (1, 1, n)."""
    middles, strides = [], []
    for stride in STRIDES:
        count = side_px // stride
        y, x = np.divmod(np.arange(count**2), count)
        middles.append(np.stack([x, y]) + 0.5)
        strides.append(np.full((1, count**2), stride))
    joined = [np.concatenate(parts, axis=1)[None].astype(np.float32) for parts in (middles, strides)]
    return joined[0], joined[1]


def _reshaped(network: LayeredNetwork, value: str, *shape: int) -> str:
    return network.add("Reshape", (value,), lambda x, _: x.reshape(shape), (np.array(shape, np.int64),))


def _part(network: LayeredNetwork, value: str, axis: int, start: int, end: int) -> str:
    bounds = [np.array([number], np.int64) for number in (start, end, axis)]
    return network.add("Slice", (value,), lambda x, *_: x.take(range(start, end), axis), bounds)


def _joined(network: LayeredNetwork, values: list[str], axis: int) -> str:
    return network.add("Concat", values, lambda *parts: np.concatenate(parts, axis), axis=axis)


def _with(network: LayeredNetwork, kind: str, value: str, constant: Floats) -> str:
    return network.add(kind, (value,), {"Add": np.add, "Mul": np.multiply}[kind], (np.asarray(constant),))
