"""VGG-Face in numpy, with the names of its published torch file.

Parkhi, Vedaldi and Zisserman, "Deep Face Recognition", BMVC 2015, table 3.
"""

from collections.abc import Mapping

from tests.reference.layers import Floats, conv2d, dense, flattened, max_pool, relu
from tests.support.checkpoints import Tensors, seeded_tensors

_STAGES = ((64, 2), (128, 2), (256, 3), (512, 3), (512, 3))  # channels and convolutions of each


def seeded(
    width: float = 1.0, side_px: int = 224, descriptor: int = 4096, classes: int = 2622, seed: int = 0, hidden: int = 0
) -> Tensors:
    """The tensors of the torch file; every convolution is ``width`` times as wide as published.

    The first dense layer is ``hidden`` wide, or as wide as the second one.
    """
    shapes: dict[str, tuple[int, ...]] = {}
    before = 3
    for stage, (channels, depth) in enumerate(_STAGES, start=1):
        for number in range(1, depth + 1):
            after = round(channels * width)
            shapes |= {f"conv{stage}_{number}.weight": (after, before, 3, 3), f"conv{stage}_{number}.bias": (after,)}
            before = after
    before *= (side_px // 2 ** len(_STAGES)) ** 2
    for name, after in (("fc6", hidden or descriptor), ("fc7", descriptor), ("fc8", classes)):
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


def with_convolutions(tensors: Mapping[str, Floats]) -> Tensors:
    """The tensors of DeepFace's torch file, in which the dense layers are convolutions."""
    pixels = tensors["fc6.weight"].shape[1] // len(tensors["conv5_3.bias"])
    sides = {"fc6.weight": round(pixels**0.5), "fc7.weight": 1, "fc8.weight": 1}
    return {
        name: values.reshape(len(values), -1, sides[name], sides[name]) if name in sides else values
        for name, values in tensors.items()
    }


def keras_layers(tensors: Mapping[str, Floats]) -> list[tuple[Floats, Floats]]:
    """Kernel (h, w, in, out) and bias of each layer of DeepFace's Keras file."""
    convolutions = with_convolutions(tensors)
    names = [name.removesuffix(".weight") for name in convolutions if name.endswith(".weight")]
    return [(convolutions[f"{name}.weight"].transpose(2, 3, 1, 0), convolutions[f"{name}.bias"]) for name in names]
