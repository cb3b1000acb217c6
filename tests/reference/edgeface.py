"""EdgeFace in numpy, from the papers: EdgeNeXt (Maaz et al., 2022) with low-rank linear layers (George et al., 2023).

Names and epsilons are those of timm's ``edgenext.py``, the implementation that EdgeFace trains.
"""

import math
from collections.abc import Mapping

import numpy as np
from tests.reference.layers import Floats, conv2d, dense, gelu, l2_normalised, layer_norm, softmax
from tests.support.checkpoints import Shapes, Tensors, seeded_tensors

XS_DEPTHS, XS_WIDTHS = (3, 3, 9, 3), (32, 64, 100, 192)
XXS_DEPTHS, XXS_WIDTHS = (2, 2, 6, 2), (24, 48, 88, 168)
"""Blocks and channels of each stage in the published networks."""

EPSILON = 1e-6
_HEADS = 4
_WAVES = 32  # of each direction
_KERNELS = (3, 5, 7, 9)


def shapes(
    depths: tuple[int, ...], widths: tuple[int, ...], embedding: int = 512, rank_share: float | None = None
) -> Shapes:
    """Of the tensors of a state dict; ``rank_share`` is the paper's gamma, without it no layer is of low rank."""
    shapes: Shapes = _affine("stem.0", (widths[0], 3, 4, 4)) | _affine("stem.1", (widths[0],))
    for stage, (depth, width) in enumerate(zip(depths, widths, strict=True)):
        if stage > 0:
            before, name = widths[stage - 1], f"stages.{stage}.downsample"
            shapes |= _affine(f"{name}.0", (before,)) | _affine(f"{name}.1", (width, before, 2, 2))
        for block in range(depth):
            is_last = stage > 0 and block == depth - 1
            shapes |= _block(f"stages.{stage}.blocks.{block}", width, stage, is_last, rank_share)
    return shapes | _affine("head.norm", (widths[-1],)) | _dense("head.fc", widths[-1], embedding, rank_share)


def seeded(shapes: Shapes, seed: int = 0) -> Tensors:
    """A state dict of these shapes, random but with activations of a sane size."""
    return seeded_tensors(shapes, seed)


def embeddings(tensors: Mapping[str, Floats], images: Floats) -> Floats:
    """Images (n, 3, h, w) RGB, normalised, to (n, d); names without ``model.``."""
    value = conv2d(images, tensors["stem.0.weight"], tensors["stem.0.bias"], stride=4)
    value = _norm(tensors, "stem.1", value, axis=1)
    for stage in range(_count(tensors, "stages")):
        if stage > 0:
            value = _norm(tensors, f"stages.{stage}.downsample.0", value, axis=1)
            name = f"stages.{stage}.downsample.1"
            value = conv2d(value, tensors[f"{name}.weight"], tensors[f"{name}.bias"], stride=2)
        for block in range(_count(tensors, f"stages.{stage}.blocks")):
            name = f"stages.{stage}.blocks.{block}"
            encoder = _split_transpose if f"{name}.xca.temperature" in tensors else _convolution
            value = value + encoder(tensors, name, value)
    pooled = _norm(tensors, "head.norm", value.mean(axis=(2, 3)))
    return _linear(tensors, "head.fc", pooled)


def _convolution(tensors: Mapping[str, Floats], name: str, value: Floats) -> Floats:
    """What the convolutional encoder adds."""
    weight, bias = tensors[f"{name}.conv_dw.weight"], tensors[f"{name}.conv_dw.bias"]
    value = conv2d(value, weight, bias, padding=weight.shape[-1] // 2, groups=len(weight))
    return _mlp(tensors, name, value.transpose(0, 2, 3, 1)).transpose(0, 3, 1, 2)


def _split_transpose(tensors: Mapping[str, Floats], name: str, value: Floats) -> Floats:
    """What the split depth-wise transpose attention encoder adds."""
    n, channels, height, width = value.shape
    value = _split_convolutions(tensors, name, value)
    tokens = value.reshape(n, channels, -1).transpose(0, 2, 1)
    if f"{name}.pos_embd.token_projection.weight" in tensors:
        tokens = tokens + _positions(tensors, f"{name}.pos_embd.token_projection", height, width).astype(value.dtype)
    attended = _cross_covariance(tensors, f"{name}.xca", _norm(tensors, f"{name}.norm_xca", tokens))
    tokens = tokens + tensors[f"{name}.gamma_xca"] * attended
    return _mlp(tensors, name, tokens).transpose(0, 2, 1).reshape(n, channels, height, width)


def _split_convolutions(tensors: Mapping[str, Floats], name: str, value: Floats) -> Floats:
    """Each part of the channels is convolved together with the result of the part before it; the last stays."""
    count = _count(tensors, f"{name}.convs")
    size = math.ceil(value.shape[1] / (count + 1))
    parts = [value[:, start : start + size] for start in range(0, value.shape[1], size)]
    done: list[Floats] = []
    for index in range(count):
        weight, bias = tensors[f"{name}.convs.{index}.weight"], tensors[f"{name}.convs.{index}.bias"]
        source = parts[index] + done[-1] if done else parts[index]
        done.append(conv2d(source, weight, bias, padding=1, groups=len(weight)))
    return np.concatenate([*done, parts[-1]], axis=1)


def _cross_covariance(tensors: Mapping[str, Floats], name: str, tokens: Floats) -> Floats:
    """Attention between channels (El-Nouby et al., 2021), the channels of each head among themselves."""
    n, count, channels = tokens.shape
    temperature = tensors[f"{name}.temperature"]
    parts = _linear(tensors, f"{name}.qkv", tokens).reshape(n, count, 3, len(temperature), -1)
    query, key, value = parts.transpose(2, 0, 3, 4, 1)  # each (n, heads, channels of a head, tokens)
    weights = l2_normalised(query, axis=-1) @ l2_normalised(key, axis=-1).transpose(0, 1, 3, 2) * temperature
    attended = softmax(weights) @ value
    return _linear(tensors, f"{name}.proj", attended.reshape(n, channels, count).transpose(0, 2, 1))


def _mlp(tensors: Mapping[str, Floats], name: str, value: Floats) -> Floats:
    value = _linear(tensors, f"{name}.mlp.fc1", _norm(tensors, f"{name}.norm", value))
    return _linear(tensors, f"{name}.mlp.fc2", gelu(value)) * tensors[f"{name}.gamma"]


def _positions(tensors: Mapping[str, Floats], name: str, height: int, width: int) -> Floats:
    """Sines and cosines of where a token lies, mixed by a 1×1 convolution: (1, tokens, channels)."""
    weight = tensors[f"{name}.weight"]
    hidden = weight.shape[1] // 2
    rates = 10_000.0 ** (2 * (np.arange(hidden) // 2) / hidden)

    def waves(length: int) -> Floats:
        angles = (np.arange(1, length + 1) / (length + 1e-6) * 2 * math.pi)[:, None] / rates
        return np.stack([np.sin(angles[:, 0::2]), np.cos(angles[:, 1::2])], axis=2).reshape(length, hidden)

    rows = np.broadcast_to(waves(height)[:, None], (height, width, hidden))
    columns = np.broadcast_to(waves(width)[None], (height, width, hidden))
    both = np.concatenate([rows, columns], axis=2).reshape(1, height * width, 2 * hidden)
    return dense(both, weight[:, :, 0, 0], tensors[f"{name}.bias"])


def _norm(tensors: Mapping[str, Floats], name: str, value: Floats, axis: int = -1) -> Floats:
    return layer_norm(value, tensors[f"{name}.weight"], tensors[f"{name}.bias"], EPSILON, axis)


def _linear(tensors: Mapping[str, Floats], name: str, value: Floats) -> Floats:
    """One matrix, or two of low rank one after the other."""
    if f"{name}.linear1.weight" in tensors:
        value = dense(value, tensors[f"{name}.linear1.weight"])
        return dense(value, tensors[f"{name}.linear2.weight"], tensors[f"{name}.linear2.bias"])
    return dense(value, tensors[f"{name}.weight"], tensors[f"{name}.bias"])


def _count(tensors: Mapping[str, Floats], name: str) -> int:
    numbers = {key.removeprefix(f"{name}.").split(".")[0] for key in tensors if key.startswith(f"{name}.")}
    return len(numbers)


def _block(name: str, width: int, stage: int, is_last: bool, rank_share: float | None) -> Shapes:
    shapes: Shapes = {f"{name}.gamma": (width,)} | _affine(f"{name}.norm", (width,))
    shapes |= _dense(f"{name}.mlp.fc1", width, 4 * width, rank_share)
    shapes |= _dense(f"{name}.mlp.fc2", 4 * width, width, rank_share)
    if not is_last:
        return shapes | _affine(f"{name}.conv_dw", (width, 1, _KERNELS[stage], _KERNELS[stage]))
    part = math.ceil(width / (stage + 1))
    for index in range(stage):
        shapes |= _affine(f"{name}.convs.{index}", (part, 1, 3, 3))
    if stage == 1:
        shapes |= _affine(f"{name}.pos_embd.token_projection", (width, 2 * _WAVES, 1, 1))
    shapes |= {f"{name}.gamma_xca": (width,), f"{name}.xca.temperature": (_HEADS, 1, 1)}
    shapes |= _affine(f"{name}.norm_xca", (width,)) | _dense(f"{name}.xca.qkv", width, 3 * width, rank_share)
    return shapes | _dense(f"{name}.xca.proj", width, width, rank_share)


def _affine(name: str, weight: tuple[int, ...]) -> Shapes:
    return {f"{name}.weight": weight, f"{name}.bias": weight[:1]}


def _dense(name: str, inputs: int, outputs: int, rank_share: float | None) -> Shapes:
    if rank_share is None:
        return _affine(name, (outputs, inputs))
    rank = max(2, int(min(inputs, outputs) * rank_share))
    return {f"{name}.linear1.weight": (rank, inputs)} | _affine(f"{name}.linear2", (outputs, rank))
