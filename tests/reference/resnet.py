"""ResNet-18 in numpy, with the names of torchvision.

He, Zhang, Ren and Sun, "Deep Residual Learning for Image Recognition", CVPR 2016, table 1 and figure 5 on the left.
"""

from collections.abc import Mapping

from tests.reference.layers import Floats, batch_norm, conv2d, max_pool, relu
from tests.support.checkpoints import Tensors, seeded_tensors

_STAGES, _BLOCKS = 4, 2


def seeded(width: int = 64, seed: int = 0) -> Tensors:
    """The tensors up to the last maps; ``width`` is that of the first stage, 64 as published."""
    shapes = {"conv1.weight": (width, 3, 7, 7), **_norm("bn1", width)}
    before = width
    for stage in range(_STAGES):
        after = width << stage
        for block in range(_BLOCKS):
            name = f"layer{stage + 1}.{block}"
            shapes |= {f"{name}.conv1.weight": (after, before, 3, 3), **_norm(f"{name}.bn1", after)}
            shapes |= {f"{name}.conv2.weight": (after, after, 3, 3), **_norm(f"{name}.bn2", after)}
            if before != after:
                shapes |= {f"{name}.downsample.0.weight": (after, before, 1, 1), **_norm(f"{name}.downsample.1", after)}
            before = after
    return seeded_tensors(shapes, seed, scales={"bn2.weight": 0.5})


def pooled_features(tensors: Mapping[str, Floats], images: Floats) -> Floats:
    """Images (n, 3, h, w) to the means (n, channels) of the last maps."""
    value = relu(_step(images, tensors, "conv1", "bn1", stride=2))
    value = max_pool(value, 3, 2, padding=1)
    for stage in range(1, _STAGES + 1):
        for block in range(_BLOCKS):
            stride = 2 if stage > 1 and block == 0 else 1
            value = _residual(value, tensors, f"layer{stage}.{block}.", stride)
    return value.mean(axis=(2, 3))


def _residual(value: Floats, tensors: Mapping[str, Floats], name: str, stride: int) -> Floats:
    inner = relu(_step(value, tensors, f"{name}conv1", f"{name}bn1", stride))
    inner = _step(inner, tensors, f"{name}conv2", f"{name}bn2")
    if stride != 1:
        value = _step(value, tensors, f"{name}downsample.0", f"{name}downsample.1", stride)
    return relu(inner + value)


def _step(value: Floats, tensors: Mapping[str, Floats], name: str, norm: str, stride: int = 1) -> Floats:
    weight = tensors[f"{name}.weight"]
    value = conv2d(value, weight, stride=stride, padding=weight.shape[2] // 2)
    return batch_norm(value, *(tensors[f"{norm}.{part}"] for part in _PARTS))


def _norm(name: str, channels: int) -> dict[str, tuple[int, ...]]:
    return {f"{name}.{part}": (channels,) for part in _PARTS} | {f"{name}.num_batches_tracked": ()}


_PARTS = ("weight", "bias", "running_mean", "running_var")
