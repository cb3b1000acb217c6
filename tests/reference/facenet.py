"""FaceNet's Inception-ResNet v1 in numpy, with the names of facenet-pytorch's checkpoints.

Schroff, Kalenichenko and Philbin, "FaceNet", CVPR 2015; Szegedy et al., "Inception-v4, Inception-ResNet and the Impact
of Residual Connections on Learning", AAAI 2017, figures 10 to 14 and section 3.3 on the scaling of residuals. Epsilon
and scales are those of the TensorFlow network that the checkpoints come from.
"""

from collections.abc import Mapping, Sequence

import numpy as np
from tests.reference.layers import Floats, Padding, batch_norm, conv2d, dense, max_pool, relu
from tests.support.checkpoints import Tensors, seeded_tensors

_EPSILON = 1e-3
_ONE, _THREE = (1, 1), (3, 3)
_STEM = (("1a", 32, _THREE), ("2a", 32, _THREE), ("2b", 64, _THREE), ("3b", 80, _ONE), ("4a", 192, _THREE),
         ("4b", 256, _THREE))  # fmt: skip
_BLOCK_35 = (((32, _ONE),), ((32, _ONE), (32, _THREE)), ((32, _ONE), (32, _THREE), (32, _THREE)))
_BLOCK_17 = (((128, _ONE),), ((128, _ONE), (128, (1, 7)), (128, (7, 1))))
_BLOCK_8 = (((192, _ONE),), ((192, _ONE), (192, (1, 3)), (192, (3, 1))))
_MIXED_6A = (((384, _THREE),), ((192, _ONE), (192, _THREE), (256, _THREE)))
_MIXED_7A = (
    ((256, _ONE), (384, _THREE)), ((256, _ONE), (256, _THREE)), ((256, _ONE), (256, _THREE), (256, _THREE))
)  # fmt: skip

_Branch = Sequence[tuple[int, tuple[int, int]]]  # channels and kernel of each convolution
_Shapes = dict[str, tuple[int, ...]]


def seeded(width: float = 1.0, embedding: int = 512, classes: int = 0, seed: int = 0) -> Tensors:
    """A state dict; every layer is ``width`` times as wide as in the published network, which has 8,631 classes."""
    shapes: _Shapes = {}
    channels = 3
    for name, after, kernel in _STEM:
        after = round(after * width)
        shapes |= _convolution(f"conv2d_{name}", (after, channels, *kernel))
        channels = after
    for index in range(5):
        shapes |= _residual_shapes(f"repeat_1.{index}", channels, _BLOCK_35, width)
    shapes |= _branch_shapes("mixed_6a", channels, _MIXED_6A, width)
    channels += _joined_width(_MIXED_6A, width)
    for index in range(10):
        shapes |= _residual_shapes(f"repeat_2.{index}", channels, _BLOCK_17, width)
    shapes |= _branch_shapes("mixed_7a", channels, _MIXED_7A, width)
    channels += _joined_width(_MIXED_7A, width)
    for name in (*(f"repeat_3.{index}" for index in range(5)), "block8"):
        shapes |= _residual_shapes(name, channels, _BLOCK_8, width)
    shapes |= {"last_linear.weight": (embedding, channels), **_norm("last_bn", embedding)}
    if classes:
        shapes |= {"logits.weight": (classes, embedding), "logits.bias": (classes,)}
    return seeded_tensors(shapes, seed, scales={"conv2d.weight": 0.5})


def embeddings(tensors: Mapping[str, Floats], images: Floats) -> Floats:
    """Images (n, 3, 160, 160) RGB, (pixel - 127.5) / 128, to (n, d), not normalised."""
    value = _step(images, tensors, "conv2d_1a", stride=2)
    value = _step(value, tensors, "conv2d_2a")
    value = _step(value, tensors, "conv2d_2b", padding=1)
    value = max_pool(value, 3, 2)
    value = _step(value, tensors, "conv2d_3b")
    value = _step(value, tensors, "conv2d_4a")
    value = _step(value, tensors, "conv2d_4b", stride=2)
    for index in range(5):
        value = relu(_block_35(value, tensors, f"repeat_1.{index}"))
    value = _mixed_6a(value, tensors)
    for index in range(10):
        value = relu(_block_17(value, tensors, f"repeat_2.{index}"))
    value = _mixed_7a(value, tensors)
    for index in range(5):
        value = relu(_block_8(value, tensors, f"repeat_3.{index}", 0.20))
    means = _block_8(value, tensors, "block8", 1.0).mean(axis=(2, 3))
    return _normalised(dense(means, tensors["last_linear.weight"]), tensors, "last_bn")


def _block_35(value: Floats, tensors: Mapping[str, Floats], name: str) -> Floats:
    first = _step(value, tensors, f"{name}.branch0")
    second = _step(value, tensors, f"{name}.branch1.0")
    second = _step(second, tensors, f"{name}.branch1.1", padding=1)
    third = _step(value, tensors, f"{name}.branch2.0")
    third = _step(third, tensors, f"{name}.branch2.1", padding=1)
    third = _step(third, tensors, f"{name}.branch2.2", padding=1)
    return value + 0.17 * _mixed(tensors, name, first, second, third)


def _block_17(value: Floats, tensors: Mapping[str, Floats], name: str) -> Floats:
    first = _step(value, tensors, f"{name}.branch0")
    second = _step(value, tensors, f"{name}.branch1.0")
    second = _step(second, tensors, f"{name}.branch1.1", padding=(0, 3))
    second = _step(second, tensors, f"{name}.branch1.2", padding=(3, 0))
    return value + 0.10 * _mixed(tensors, name, first, second)


def _block_8(value: Floats, tensors: Mapping[str, Floats], name: str, scale: float) -> Floats:
    first = _step(value, tensors, f"{name}.branch0")
    second = _step(value, tensors, f"{name}.branch1.0")
    second = _step(second, tensors, f"{name}.branch1.1", padding=(0, 1))
    second = _step(second, tensors, f"{name}.branch1.2", padding=(1, 0))
    return value + scale * _mixed(tensors, name, first, second)


def _mixed_6a(value: Floats, tensors: Mapping[str, Floats]) -> Floats:
    first = _step(value, tensors, "mixed_6a.branch0", stride=2)
    second = _step(value, tensors, "mixed_6a.branch1.0")
    second = _step(second, tensors, "mixed_6a.branch1.1", padding=1)
    second = _step(second, tensors, "mixed_6a.branch1.2", stride=2)
    return np.concatenate([first, second, max_pool(value, 3, 2)], axis=1)


def _mixed_7a(value: Floats, tensors: Mapping[str, Floats]) -> Floats:
    first = _step(value, tensors, "mixed_7a.branch0.0")
    first = _step(first, tensors, "mixed_7a.branch0.1", stride=2)
    second = _step(value, tensors, "mixed_7a.branch1.0")
    second = _step(second, tensors, "mixed_7a.branch1.1", stride=2)
    third = _step(value, tensors, "mixed_7a.branch2.0")
    third = _step(third, tensors, "mixed_7a.branch2.1", padding=1)
    third = _step(third, tensors, "mixed_7a.branch2.2", stride=2)
    return np.concatenate([first, second, third, max_pool(value, 3, 2)], axis=1)


def _mixed(tensors: Mapping[str, Floats], name: str, *branches: Floats) -> Floats:
    return conv2d(np.concatenate(branches, axis=1), tensors[f"{name}.conv2d.weight"], tensors[f"{name}.conv2d.bias"])


def _step(value: Floats, tensors: Mapping[str, Floats], name: str, stride: int = 1, padding: Padding = 0) -> Floats:
    value = conv2d(value, tensors[f"{name}.conv.weight"], stride=stride, padding=padding)
    return relu(_normalised(value, tensors, f"{name}.bn"))


def _normalised(value: Floats, tensors: Mapping[str, Floats], name: str) -> Floats:
    gain, bias, mean, variance = (tensors[f"{name}.{part}"] for part in _PARTS)
    return batch_norm(value, gain, bias, mean, variance, _EPSILON)


def _residual_shapes(name: str, channels: int, branches: Sequence[_Branch], width: float) -> _Shapes:
    joined = _joined_width(branches, width)
    ends = {f"{name}.conv2d.weight": (channels, joined, 1, 1), f"{name}.conv2d.bias": (channels,)}
    return _branch_shapes(name, channels, branches, width) | ends


def _branch_shapes(name: str, before: int, branches: Sequence[_Branch], width: float) -> _Shapes:
    shapes: _Shapes = {}
    for number, branch in enumerate(branches):
        channels = before
        for index, (after, kernel) in enumerate(branch):
            layer = f"{name}.branch{number}" + (f".{index}" if len(branch) > 1 else "")
            shapes |= _convolution(layer, (round(after * width), channels, *kernel))
            channels = round(after * width)
    return shapes


def _joined_width(branches: Sequence[_Branch], width: float) -> int:
    return sum(round(branch[-1][0] * width) for branch in branches)


def _convolution(name: str, shape: tuple[int, ...]) -> _Shapes:
    return {f"{name}.conv.weight": shape, **_norm(f"{name}.bn", shape[0])}


def _norm(name: str, channels: int) -> _Shapes:
    return {f"{name}.{part}": (channels,) for part in _PARTS} | {f"{name}.num_batches_tracked": ()}


_PARTS = ("weight", "bias", "running_mean", "running_var")
