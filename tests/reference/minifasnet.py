"""MiniFASNet in numpy, with the names of Silent-Face-Anti-Spoofing's checkpoints.

minivision-ai, "Silent-Face-Anti-Spoofing", 2020: MobileFaceNet (Chen et al., 2018) of pruned widths; the SE variants
weigh the channels of the last block of each stage (Hu et al., "Squeeze-and-Excitation Networks", CVPR 2018).
"""

from collections.abc import Mapping

from tests.reference.layers import Floats, batch_norm, conv2d, dense, flattened, prelu, relu, sigmoid
from tests.support.checkpoints import Shapes, Tensors, seeded_tensors

_STAGES = (("conv_23", "conv_3", 4), ("conv_34", "conv_4", 6), ("conv_45", "conv_5", 2))
_SQUEEZE = 2  # of widths this small; 4 in the published networks


def shapes(width: int = 4, has_squeeze: bool = False) -> Shapes:
    """Of a state dict: ``width`` is that of the stem, blocks are of widths that have nothing to do with each other."""
    shapes = _convolution("conv1", (width, 3, 3, 3)) | _convolution("conv2_dw", (width, 1, 3, 3))
    before = width
    for number, (entry, stage, count) in enumerate(_STAGES):
        after = width * (2, 3, 3)[number]
        shapes |= _block(entry, before, 3 * width + number, after)
        for block in range(count):
            name = f"{stage}.model.{block}"
            shapes |= _block(name, after, width + block, after)
            if has_squeeze and block == count - 1:
                shapes |= {f"{name}.se_module.fc1.weight": (after // _SQUEEZE, after, 1, 1)}
                shapes |= _norm(f"{name}.se_module.bn1", after // _SQUEEZE)
                shapes |= {f"{name}.se_module.fc2.weight": (after, after // _SQUEEZE, 1, 1)}
                shapes |= _norm(f"{name}.se_module.bn2", after)
        before = after
    shapes |= _convolution("conv_6_sep", (8 * width, before, 1, 1))
    shapes |= {"conv_6_dw.conv.weight": (8 * width, 1, 5, 5)} | _norm("conv_6_dw.bn", 8 * width)
    return shapes | {"linear.weight": (16, 8 * width)} | _norm("bn", 16) | {"prob.weight": (3, 16)}


def seeded(shapes: Shapes, seed: int = 0) -> Tensors:
    """A state dict of these shapes, random but with activations of a sane size."""
    return seeded_tensors(shapes, seed, scales={"project.bn.weight": 0.4})


def logits(tensors: Mapping[str, Floats], images: Floats) -> Floats:
    """Images (n, 3, 80, 80) BGR 0..255 to the scores (n, 3) of the classes."""
    value = _activated(images, tensors, "conv1", stride=2)
    value = _activated(value, tensors, "conv2_dw")
    for entry, stage, _ in _STAGES:
        value = _depth_wise(value, tensors, entry, stride=2)
        block = 0
        while f"{stage}.model.{block}.project.conv.weight" in tensors:
            name = f"{stage}.model.{block}"
            inner = _depth_wise(value, tensors, name, stride=1)
            value = value + _squeezed(inner, tensors, f"{name}.se_module")
            block += 1
    value = _activated(value, tensors, "conv_6_sep")
    value = _normalised(_convolved(value, tensors["conv_6_dw.conv.weight"], padding=0), tensors, "conv_6_dw.bn")
    value = _normalised(dense(flattened(value), tensors["linear.weight"]), tensors, "bn")
    return dense(value, tensors["prob.weight"])


def _depth_wise(value: Floats, tensors: Mapping[str, Floats], name: str, stride: int) -> Floats:
    value = _activated(value, tensors, f"{name}.conv")
    value = _activated(value, tensors, f"{name}.conv_dw", stride)
    return _normalised(conv2d(value, tensors[f"{name}.project.conv.weight"]), tensors, f"{name}.project.bn")


def _squeezed(value: Floats, tensors: Mapping[str, Floats], name: str) -> Floats:
    if f"{name}.fc1.weight" not in tensors:
        return value
    weights = conv2d(value.mean(axis=(2, 3), keepdims=True), tensors[f"{name}.fc1.weight"])
    weights = relu(_normalised(weights, tensors, f"{name}.bn1"))
    weights = _normalised(conv2d(weights, tensors[f"{name}.fc2.weight"]), tensors, f"{name}.bn2")
    return value * sigmoid(weights)


def _activated(value: Floats, tensors: Mapping[str, Floats], name: str, stride: int = 1) -> Floats:
    weight = tensors[f"{name}.conv.weight"]
    value = _convolved(value, weight, stride, padding=weight.shape[-1] // 2)
    return prelu(_normalised(value, tensors, f"{name}.bn"), tensors[f"{name}.prelu.weight"])


def _convolved(value: Floats, weight: Floats, stride: int = 1, padding: int = 0) -> Floats:
    groups = value.shape[1] // weight.shape[1]
    return conv2d(value, weight, stride=stride, padding=padding, groups=groups)


def _normalised(value: Floats, tensors: Mapping[str, Floats], name: str) -> Floats:
    parts = ("weight", "bias", "running_mean", "running_var")
    return batch_norm(value, *(tensors[f"{name}.{part}"] for part in parts))


def _block(name: str, before: int, inside: int, after: int) -> Shapes:
    shapes = _convolution(f"{name}.conv", (inside, before, 1, 1)) | _convolution(f"{name}.conv_dw", (inside, 1, 3, 3))
    return shapes | {f"{name}.project.conv.weight": (after, inside, 1, 1)} | _norm(f"{name}.project.bn", after)


def _convolution(name: str, weight: tuple[int, ...]) -> Shapes:
    return {f"{name}.conv.weight": weight, f"{name}.prelu.weight": weight[:1]} | _norm(f"{name}.bn", weight[0])


def _norm(name: str, channels: int) -> Shapes:
    parts = ("weight", "bias", "running_mean", "running_var")
    return {f"{name}.{part}": (channels,) for part in parts} | {f"{name}.num_batches_tracked": ()}
