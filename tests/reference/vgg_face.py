"""VGG-Face in numpy, with the names of its published torch file and the layers of its Keras twin.

Parkhi, Vedaldi and Zisserman, "Deep Face Recognition", BMVC 2015, table 3.
"""

from collections.abc import Mapping

import numpy as np
from tests.reference.layers import Floats, conv2d, dense, flattened, max_pool, relu
from tests.support.checkpoints import Tensors, seeded_tensors

_STAGES = ((64, 2), (128, 2), (256, 3), (512, 3), (512, 3))  # channels and convolutions of each


def seeded(
    width: float = 1.0, side_px: int = 224, descriptor: int = 4096, classes: int = 2622, seed: int = 0
) -> Tensors:
    """The tensors of the torch file; every convolution is ``width`` times as wide as published."""
    shapes: dict[str, tuple[int, ...]] = {}
    before = 3
    for stage, (channels, depth) in enumerate(_STAGES, start=1):
        for number in range(1, depth + 1):
            after = round(channels * width)
            shapes |= {f"conv{stage}_{number}.weight": (after, before, 3, 3), f"conv{stage}_{number}.bias": (after,)}
            before = after
    before *= (side_px // 2 ** len(_STAGES)) ** 2
    for name, after in (("fc6", descriptor), ("fc7", descriptor), ("fc8", classes)):
        shapes |= {f"{name}.weight": (after, before), f"{name}.bias": (after,)}
        before = after
    return seeded_tensors(shapes, seed)


def embeddings(tensors: Mapping[str, Floats], images: Floats) -> Floats:
    """Images (n, 3, 224, 224) as the network takes them to (n, 4096): what the classifier sees, not normalised."""
    value = images
    for stage, (_, depth) in enumerate(_STAGES, start=1):
        for number in range(1, depth + 1):
            name = f"conv{stage}_{number}"
            value = relu(conv2d(value, tensors[f"{name}.weight"], tensors[f"{name}.bias"], padding=1))
        value = max_pool(value, 2)
    value = flattened(value)
    for name in ("fc6", "fc7"):
        value = relu(dense(value, tensors[f"{name}.weight"], tensors[f"{name}.bias"]))
    return value


def keras_layers(tensors: Mapping[str, Floats]) -> list[tuple[Floats, Floats]]:
    """Kernel (h, w, in, out) and bias of each layer of the Keras twin, in which the dense layers are convolutions."""
    side = round((tensors["fc6.weight"].shape[1] / len(tensors["conv5_3.bias"])) ** 0.5)
    layers = []
    for name in (name.removesuffix(".weight") for name in tensors if name.endswith(".weight")):
        weight = tensors[f"{name}.weight"]
        if weight.ndim == 2:
            pixels = side if name == "fc6" else 1
            weight = weight.reshape(len(weight), -1, pixels, pixels)
        layers.append((np.ascontiguousarray(weight.transpose(2, 3, 1, 0)), tensors[f"{name}.bias"]))
    return layers
