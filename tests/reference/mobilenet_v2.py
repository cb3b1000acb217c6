"""MobileNetV2 in numpy, with the names of torchvision.

Sandler, Howard, Zhu, Zhmoginov and Chen, "MobileNetV2: Inverted Residuals and Linear Bottlenecks", CVPR 2018, tables 1
and 2.
"""

from collections.abc import Mapping

from tests.reference.layers import Floats, batch_norm, conv2d, dense, relu6
from tests.support.checkpoints import Tensors, seeded_tensors

_TABLE = ((1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1))
"""Expansion, channels, repetitions, and stride of the first of them."""

_FIRST, _LAST = 32, 1280
_EXPANSIONS = [expansion for expansion, _, count, _ in _TABLE for _ in range(count)]
_CHANNELS = [channels for _, channels, count, _ in _TABLE for _ in range(count)]
_STRIDES = [stride if index == 0 else 1 for _, _, count, stride in _TABLE for index in range(count)]


def seeded(width: float = 1.0, seed: int = 0) -> Tensors:
    """The tensors up to the last maps, without ``features.`` before them, all layers ``width`` times as wide."""
    before = round(_FIRST * width)
    shapes = _convolution("0.0", "0.1", (before, 3, 3, 3))
    for block, (expansion, channels) in enumerate(zip(_EXPANSIONS, _CHANNELS, strict=True), start=1):
        after, inside, name = round(channels * width), before * expansion, f"{block}.conv"
        first = 0
        if expansion != 1:
            shapes |= _convolution(f"{name}.0.0", f"{name}.0.1", (inside, before, 1, 1))
            first = 1
        shapes |= _convolution(f"{name}.{first}.0", f"{name}.{first}.1", (inside, 1, 3, 3))
        shapes |= _convolution(f"{name}.{first + 1}", f"{name}.{first + 2}", (after, inside, 1, 1))
        before = after
    last = len(_CHANNELS) + 1
    shapes |= _convolution(f"{last}.0", f"{last}.1", (round(_LAST * width), before, 1, 1))
    return seeded_tensors(shapes, seed)


def seeded_quality(width: float = 1.0, seed: int = 0) -> Tensors:
    """The quality regressor of qualityface: the network twice, as its checkpoint has it, and two heads, one unused."""
    features = seeded(width, seed)
    tensors = {f"backbone.{part}.features.{name}": features[name] for part in ("net", "backbone") for name in features}
    channels = round(_LAST * width)
    shapes = {"backbone.net.classifier.1.weight": (1000, channels), "backbone.net.classifier.1.bias": (1000,)}
    return tensors | seeded_tensors(shapes | {"classify.weight": (1, channels), "classify.bias": (1,)}, seed)


def quality(tensors: Mapping[str, Floats], images: Floats) -> Floats:
    """Images (n, 3, 128, 128) RGB in -1..1 to (n, 1), of no fixed range."""
    start = "backbone.net.features."
    features = {name.removeprefix(start): tensors[name] for name in tensors if name.startswith(start)}
    return dense(pooled_features(features, images), tensors["classify.weight"], tensors["classify.bias"])


def pooled_features(tensors: Mapping[str, Floats], images: Floats) -> Floats:
    """Images (n, 3, h, w) to the means (n, channels) of the last maps."""
    value = relu6(_step(images, tensors, "0.0", "0.1", stride=2))
    for block, (expansion, stride) in enumerate(zip(_EXPANSIONS, _STRIDES, strict=True), start=1):
        inner, name, first = value, f"{block}.conv", 0
        if expansion != 1:
            inner = relu6(_step(inner, tensors, f"{name}.0.0", f"{name}.0.1"))
            first = 1
        inner = relu6(_step(inner, tensors, f"{name}.{first}.0", f"{name}.{first}.1", stride))
        inner = _step(inner, tensors, f"{name}.{first + 1}", f"{name}.{first + 2}")
        value = inner + value if inner.shape == value.shape else inner
    last = len(_STRIDES) + 1
    return relu6(_step(value, tensors, f"{last}.0", f"{last}.1")).mean(axis=(2, 3))


def _step(value: Floats, tensors: Mapping[str, Floats], name: str, norm: str, stride: int = 1) -> Floats:
    weight = tensors[f"{name}.weight"]
    groups = len(weight) if weight.shape[1] == 1 else 1
    value = conv2d(value, weight, stride=stride, padding=weight.shape[2] // 2, groups=groups)
    return batch_norm(value, *(tensors[f"{norm}.{part}"] for part in _PARTS))


def _convolution(name: str, norm: str, shape: tuple[int, ...]) -> dict[str, tuple[int, ...]]:
    shapes: dict[str, tuple[int, ...]] = {f"{name}.weight": shape, f"{norm}.num_batches_tracked": ()}
    return shapes | {f"{norm}.{part}": shape[:1] for part in _PARTS}


_PARTS = ("weight", "bias", "running_mean", "running_var")
