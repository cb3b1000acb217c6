"""The residual network of ArcFace, and CR-FIQA on top of it, in numpy.

Deng et al., "ArcFace", CVPR 2019, section 3.1: residual units of BN-Conv-BN-PReLU-Conv-BN with the stride in the second
convolution (Han, Kim and Kim, 2017), and BN-Dropout-FC-BN at the end. Boutros et al., "CR-FIQA", CVPR 2023, section
3.3: one more dense layer from the embedding to a single number. Names as in the published checkpoints.
"""

from collections.abc import Mapping

from tests.reference.layers import Floats, batch_norm, conv2d, dense, flattened, prelu
from tests.support.checkpoints import Shapes, Tensors, seeded_tensors

IRESNET18, IRESNET34, IRESNET50, IRESNET100 = (2, 2, 2, 2), (3, 4, 6, 3), (3, 4, 14, 3), (3, 13, 30, 3)
"""Units in each of the four stages."""

_SIDE_AT_THE_END = 7  # of 112, halved by each of the four stages


def shapes(
    units: tuple[int, ...] = IRESNET50, width: int = 64, embedding: int = 512, has_quality: bool = False
) -> Shapes:
    """Of the tensors of a state dict; ``width`` is that of the first stage, 64 in the published networks."""
    shapes: Shapes = {"conv1.weight": (width, 3, 3, 3), **_norm("bn1", width), "prelu.weight": (width,)}
    before = width
    for stage, count in enumerate(units):
        after = width << stage
        for unit in range(count):
            shapes |= _unit(f"layer{stage + 1}.{unit}", before if unit == 0 else after, after, is_first=unit == 0)
        before = after
    shapes |= _norm("bn2", before)
    shapes |= {"fc.weight": (embedding, before * _SIDE_AT_THE_END**2), "fc.bias": (embedding,)}
    shapes |= _norm("features", embedding)
    if has_quality:
        shapes |= {"qs.weight": (1, embedding), "qs.bias": (1,)}
    return shapes


def seeded(shapes: Shapes, seed: int = 0) -> Tensors:
    """A state dict of these shapes, random but with activations of a sane size."""
    return seeded_tensors(shapes, seed, scales={"bn3.weight": 0.2})


def embeddings(tensors: Mapping[str, Floats], images: Floats) -> Floats:
    """Images (n, 3, 112, 112) RGB in -1..1 to (n, d)."""
    value = prelu(
        _normalised(conv2d(images, tensors["conv1.weight"], padding=1), tensors, "bn1"), tensors["prelu.weight"]
    )
    for stage in range(1, 5):
        unit = 0
        while f"layer{stage}.{unit}.conv1.weight" in tensors:
            value = _residual(value, tensors, f"layer{stage}.{unit}", stride=2 if unit == 0 else 1)
            unit += 1
    value = flattened(_normalised(value, tensors, "bn2"))
    return _normalised(dense(value, tensors["fc.weight"], tensors["fc.bias"]), tensors, "features")


def quality(tensors: Mapping[str, Floats], vectors: Floats) -> Floats:
    """Embeddings (n, d) to (n, 1), higher is better, of no fixed range."""
    return dense(vectors, tensors["qs.weight"], tensors["qs.bias"])


def _residual(value: Floats, tensors: Mapping[str, Floats], name: str, stride: int) -> Floats:
    inner = conv2d(_normalised(value, tensors, f"{name}.bn1"), tensors[f"{name}.conv1.weight"], padding=1)
    inner = prelu(_normalised(inner, tensors, f"{name}.bn2"), tensors[f"{name}.prelu.weight"])
    inner = conv2d(inner, tensors[f"{name}.conv2.weight"], stride=stride, padding=1)
    inner = _normalised(inner, tensors, f"{name}.bn3")
    if stride == 1:
        return inner + value
    past = conv2d(value, tensors[f"{name}.downsample.0.weight"], stride=stride)
    return inner + _normalised(past, tensors, f"{name}.downsample.1")


def _normalised(value: Floats, tensors: Mapping[str, Floats], name: str) -> Floats:
    parts = ("weight", "bias", "running_mean", "running_var")
    return batch_norm(value, *(tensors[f"{name}.{part}"] for part in parts))


def _unit(name: str, before: int, after: int, is_first: bool) -> Shapes:
    shapes: Shapes = {
        **_norm(f"{name}.bn1", before),
        f"{name}.conv1.weight": (after, before, 3, 3),
        **_norm(f"{name}.bn2", after),
        f"{name}.prelu.weight": (after,),
        f"{name}.conv2.weight": (after, after, 3, 3),
        **_norm(f"{name}.bn3", after),
    }
    if is_first:
        shapes |= {f"{name}.downsample.0.weight": (after, before, 1, 1), **_norm(f"{name}.downsample.1", after)}
    return shapes


def _norm(name: str, channels: int) -> Shapes:
    parts = ("weight", "bias", "running_mean", "running_var")
    return {f"{name}.{part}": (channels,) for part in parts} | {f"{name}.num_batches_tracked": ()}
