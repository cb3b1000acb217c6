"""ResEmoteNet in numpy.

Roy et al., "ResEmoteNet: Bridging Accuracy and Loss Reduction in Facial Emotion Recognition", IEEE Signal Processing
Letters, 2024, section II: three convolutions with max pooling, squeeze and excitation (Hu et al., 2018), three residual
blocks (He et al., 2016), adaptive average pooling and four dense layers. Names and the reduction of 16 as in the
published checkpoints.
"""

from collections.abc import Mapping

from tests.reference.layers import (
    Floats,
    adaptive_avg_pool,
    batch_norm,
    conv2d,
    dense,
    flattened,
    max_pool,
    relu,
    sigmoid,
)
from tests.support.checkpoints import Shapes

_REDUCTION = 16


def shapes(width: int = 64, classes: int = 7) -> Shapes:
    """Of the tensors of a state dict; ``width`` is that of the first convolution, 64 in the published network."""
    shapes: Shapes = {}
    before = 3
    for number, after in enumerate((width, 2 * width, 4 * width), start=1):
        shapes |= _convolution(f"conv{number}", f"bn{number}", (after, before, 3, 3))
        before = after
    squeezed = before // _REDUCTION
    shapes |= {"se.fc.0.weight": (squeezed, before), "se.fc.2.weight": (before, squeezed)}
    for number, after in enumerate((8 * width, 16 * width, 32 * width), start=1):
        name = f"res_block{number}"
        shapes |= _convolution(f"{name}.conv1", f"{name}.bn1", (after, before, 3, 3))
        shapes |= _convolution(f"{name}.conv2", f"{name}.bn2", (after, after, 3, 3))
        shapes |= _convolution(f"{name}.shortcut.0", f"{name}.shortcut.1", (after, before, 1, 1))
        before = after
    for number, after in enumerate((16 * width, 8 * width, 4 * width, classes), start=1):
        shapes |= {f"fc{number}.weight": (after, before), f"fc{number}.bias": (after,)}
        before = after
    return shapes


def logits(tensors: Mapping[str, Floats], images: Floats) -> Floats:
    """Images (n, 3, 64, 64), normalised as those of ImageNet, to (n, classes)."""
    value = images
    for number in (1, 2, 3):
        value = max_pool(relu(_normalised_convolution(value, tensors, f"conv{number}", f"bn{number}")), 2)
    value = _excited(value, tensors)
    for number in (1, 2, 3):
        value = _residual(value, tensors, f"res_block{number}")
    value = flattened(adaptive_avg_pool(value))
    for number in (1, 2, 3):
        value = relu(dense(value, tensors[f"fc{number}.weight"], tensors[f"fc{number}.bias"]))
    return dense(value, tensors["fc4.weight"], tensors["fc4.bias"])


def _excited(value: Floats, tensors: Mapping[str, Floats]) -> Floats:
    squeezed = relu(dense(flattened(adaptive_avg_pool(value)), tensors["se.fc.0.weight"]))
    return value * sigmoid(dense(squeezed, tensors["se.fc.2.weight"]))[:, :, None, None]


def _residual(value: Floats, tensors: Mapping[str, Floats], name: str) -> Floats:
    inner = relu(_normalised_convolution(value, tensors, f"{name}.conv1", f"{name}.bn1", stride=2))
    inner = _normalised_convolution(inner, tensors, f"{name}.conv2", f"{name}.bn2")
    past = _normalised_convolution(value, tensors, f"{name}.shortcut.0", f"{name}.shortcut.1", stride=2)
    return relu(inner + past)


def _normalised_convolution(
    value: Floats, tensors: Mapping[str, Floats], name: str, norm: str, stride: int = 1
) -> Floats:
    weight = tensors[f"{name}.weight"]
    value = conv2d(value, weight, tensors[f"{name}.bias"], stride=stride, padding=weight.shape[2] // 2)
    parts = ("weight", "bias", "running_mean", "running_var")
    return batch_norm(value, *(tensors[f"{norm}.{part}"] for part in parts))


def _convolution(name: str, norm: str, shape: tuple[int, ...]) -> Shapes:
    shapes: Shapes = {f"{name}.weight": shape, f"{name}.bias": shape[:1]}
    parts = ("weight", "bias", "running_mean", "running_var")
    return shapes | {f"{norm}.{part}": shape[:1] for part in parts} | {f"{norm}.num_batches_tracked": ()}
