"""AdaFace's backbone in numpy: the "improved residual" network of its published checkpoints.

Kim, Jain and Liu, "AdaFace: Quality Adaptive Margin for Face Recognition", CVPR 2022, section 4.1, with the units of
ArcFace (BN-Conv-BN-PReLU-Conv-BN). It differs from ArcFace's network where a stage keeps its channels: there the way
past the unit takes every second pixel as it is; and the last normalisation has neither gain nor bias. The published
network then divides by the norm, which is AdaFace's measure of quality: here it is left in.
"""

from collections.abc import Mapping

from tests.reference.layers import Floats, batch_norm, conv2d, dense, flattened, prelu
from tests.support.checkpoints import Shapes, Tensors, seeded_tensors

IR18, IR50, IR101 = (2, 2, 2, 2), (3, 4, 14, 3), (3, 13, 30, 3)
"""Units in each of the four stages."""

_SIDE_AT_THE_END = 7  # of 112, halved by each of the four stages


def shapes(units: tuple[int, ...] = IR50, width: int = 64, embedding: int = 512) -> Shapes:
    """Of the tensors of the network, without the ``model.`` that its training puts before their names.

    ``width`` is that of the first stage, 64 in the published networks.
    """
    shapes: Shapes = {
        "input_layer.0.weight": (width, 3, 3, 3),
        **_norm("input_layer.1", width),
        "input_layer.2.weight": (width,),
    }
    number, before = 0, width
    for stage, count in enumerate(units):
        for _ in range(count):
            shapes |= _unit(f"body.{number}", before, width << stage)
            number, before = number + 1, width << stage
    shapes |= _norm("output_layer.0", before)
    shapes |= {"output_layer.3.weight": (embedding, before * _SIDE_AT_THE_END**2), "output_layer.3.bias": (embedding,)}
    shapes |= {name: shape for name, shape in _norm("output_layer.4", embedding).items() if "running" in name}
    return shapes


def seeded(shapes: Shapes, seed: int = 0) -> Tensors:
    """Tensors of these shapes, random but with activations of a sane size."""
    return seeded_tensors(shapes, seed, scales={"res_layer.5.weight": 0.2})


def embeddings(tensors: Mapping[str, Floats], images: Floats, units: tuple[int, ...]) -> Floats:
    """Images (n, 3, 112, 112) BGR in -1..1 to (n, d), not normalised."""
    value = conv2d(images, tensors["input_layer.0.weight"], padding=1)
    value = prelu(_normalised(value, tensors, "input_layer.1"), tensors["input_layer.2.weight"])
    strides = [2 if unit == 0 else 1 for count in units for unit in range(count)]
    for number, stride in enumerate(strides):
        value = _residual(value, tensors, f"body.{number}", stride)
    value = flattened(_normalised(value, tensors, "output_layer.0"))
    value = dense(value, tensors["output_layer.3.weight"], tensors["output_layer.3.bias"])
    return _normalised(value, tensors, "output_layer.4")


def _residual(value: Floats, tensors: Mapping[str, Floats], name: str, stride: int) -> Floats:
    inner = _normalised(value, tensors, f"{name}.res_layer.0")
    inner = conv2d(inner, tensors[f"{name}.res_layer.1.weight"], padding=1)
    inner = prelu(_normalised(inner, tensors, f"{name}.res_layer.2"), tensors[f"{name}.res_layer.3.weight"])
    inner = conv2d(inner, tensors[f"{name}.res_layer.4.weight"], stride=stride, padding=1)
    inner = _normalised(inner, tensors, f"{name}.res_layer.5")
    if inner.shape[1] == value.shape[1]:
        return inner + value[:, :, ::stride, ::stride]
    past = conv2d(value, tensors[f"{name}.shortcut_layer.0.weight"], stride=stride)
    return inner + _normalised(past, tensors, f"{name}.shortcut_layer.1")


def _normalised(value: Floats, tensors: Mapping[str, Floats], name: str) -> Floats:
    parts = ("weight", "bias", "running_mean", "running_var")
    gain, bias, mean, variance = (tensors.get(f"{name}.{part}") for part in parts)
    assert mean is not None and variance is not None
    return batch_norm(value, gain, bias, mean, variance)


def _unit(name: str, before: int, after: int) -> Shapes:
    shapes: Shapes = {
        **_norm(f"{name}.res_layer.0", before),
        f"{name}.res_layer.1.weight": (after, before, 3, 3),
        **_norm(f"{name}.res_layer.2", after),
        f"{name}.res_layer.3.weight": (after,),
        f"{name}.res_layer.4.weight": (after, after, 3, 3),
        **_norm(f"{name}.res_layer.5", after),
    }
    if before != after:
        shapes |= {f"{name}.shortcut_layer.0.weight": (after, before, 1, 1), **_norm(f"{name}.shortcut_layer.1", after)}
    return shapes


def _norm(name: str, channels: int) -> Shapes:
    parts = ("weight", "bias", "running_mean", "running_var")
    return {f"{name}.{part}": (channels,) for part in parts} | {f"{name}.num_batches_tracked": ()}
