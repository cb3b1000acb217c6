"""Networks of the families whose official file is ONNX: its names, shapes and kinds of layers, with seeded weights."""

from functools import cache
from pathlib import Path

import numpy as np
from tests.support.layered_files import Floats, LayeredNetwork

QUIET = 0.1
"""Of the weights that a score is summed up by: what is seen moves it less than the rise to the next class does."""


@cache
def sface() -> tuple[LayeredNetwork, str]:
    """SFace of the OpenCV model zoo, a MobileNet that normalises the pixels itself; and its embedding (n, 128)."""
    network = LayeredNetwork("data", seed=1)
    value = network.add("Sub", ("data",), np.subtract, (np.float32([127.5]),))
    value = network.add("Mul", (value,), np.multiply, (np.float32([0.0078125]),))
    value = _prelu_step(network, value, network.drawn(8, 3, 3, 3), stride=2)
    value = _prelu_step(network, value, network.drawn(8, 1, 3, 3), stride=2, groups=8)
    value = _prelu_step(network, value, network.drawn(16, 8, 1, 1))
    value = _prelu_step(network, value, network.drawn(16, 1, 3, 3), stride=4, groups=16)
    value = network.dense(network.flattened(value), network.drawn(128, 16 * 49), network.drawn(1, 128)[0])
    return network, network.norm(value, 128)


def write_sface(path: Path) -> Path:
    network, value = sface()
    return network.write(path, (1, 3, 112, 112), {"fc1": (value, (1, 128))}, lists_constants=True)


@cache
def fer_mobilefacenet() -> tuple[LayeredNetwork, str]:
    """The expression network of the OpenCV model zoo, a MobileFaceNet with a global depthwise convolution at its end;
    and its scores (n, 7)."""
    network = LayeredNetwork("data", seed=2)
    value = _prelu_step(network, "data", network.drawn(8, 3, 3, 3), stride=2)
    value = _prelu_step(network, value, network.drawn(8, 1, 3, 3), stride=4, groups=8)
    value = _prelu_step(network, value, network.drawn(16, 8, 1, 1), stride=2)
    value = network.norm(network.conv(value, network.drawn(16, 1, 7, 7), groups=16), 16)
    scores = network.drawn(7, 16, scale=QUIET), np.arange(7, dtype=np.float32)
    return network, network.dense(network.flattened(value), *scores)


def write_fer_mobilefacenet(path: Path) -> Path:
    network, value = fer_mobilefacenet()
    return network.write(path, (1, 3, 112, 112), {"label": (value, (1, 7))})


@cache
def hsemotion(classes: int, has_affect: bool) -> tuple[LayeredNetwork, str]:
    """EmotiEffLib's EfficientNet, one inverted bottleneck with squeeze and excitation deep; and its scores (n, k).

    Where it ``has_affect``, valence near 0.3 and arousal beyond 1 follow.
    """
    network = LayeredNetwork("input", seed=classes)
    value = _silu_step(network, "input", network.drawn(8, 3, 3, 3), stride=4)
    value = _silu_step(network, value, network.drawn(16, 8, 1, 1))
    value = _silu_step(network, value, network.drawn(16, 1, 5, 5), stride=4, groups=16)
    squeezed = network.silu(network.conv(network.averages(value), network.drawn(4, 16, 1, 1), np.zeros(4, np.float32)))
    excited = network.sigmoid(network.conv(squeezed, network.drawn(16, 4, 1, 1), np.zeros(16, np.float32)))
    value = network.norm(network.conv(network.times(value, excited), network.drawn(8, 16, 1, 1)), 8)
    value = _silu_step(network, value, network.drawn(24, 8, 1, 1))
    bias = np.concatenate([np.arange(classes), [0.3, 1.5] if has_affect else []]).astype(np.float32)
    scores = network.drawn(len(bias), 24, scale=QUIET), bias
    return network, network.dense(network.flattened(network.averages(value)), *scores)


def write_hsemotion(path: Path, classes: int, has_affect: bool, side_px: int) -> Path:
    network, value = hsemotion(classes, has_affect)
    outputs = {"output": (value, ("batch_size", classes + 2 * has_affect))}
    return network.write(path, ("batch_size", 3, side_px, side_px), outputs)


def _prelu_step(network: LayeredNetwork, value: str, weight: Floats, stride: int = 1, groups: int = 1) -> str:
    value = network.conv(value, weight, stride=stride, padding=weight.shape[2] // 2, groups=groups)
    return network.prelu(network.norm(value, len(weight)), len(weight))


def _silu_step(network: LayeredNetwork, value: str, weight: Floats, stride: int = 1, groups: int = 1) -> str:
    value = network.conv(value, weight, stride=stride, padding=weight.shape[2] // 2, groups=groups)
    return network.silu(network.norm(value, len(weight)))
