"""EdgeFace: an EdgeNeXt for faces, its checkpoint of any width and depth written as ONNX.

George, Ecabert, Otroshi Shahreza, Kotwal and Marcel, "EdgeFace: Efficient Face Recognition Model for Edge Devices",
2023; the backbone is Maaz et al., "EdgeNeXt", 2022, as timm names and computes it. Linear layers may be products of
two low-rank ones (``linear1``, ``linear2``). Everything is written as convolutions of (n, c, h, w), in which OpenVINO
needs less time than with the linear layers and the transpositions of the original.
"""

import json
import math
from hashlib import sha256
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mien.inference.conversion.onnx_graph import Doubles, GraphWriter
from mien.inference.conversion.output_names import EMBEDDINGS, INPUT
from mien.inference.conversion.proving import check_embedding, reference_images
from mien.inference.conversion.readers.torch_checkpoint import below, read_tensors

SIDE_PX = 112
MEAN, SCALE = 127.5, 1 / 127.5
_NORM_EPSILON = 1e-6
_LENGTH_EPSILON = 1e-12  # torch's normalize
_STEM_STRIDE, _STAGE_STRIDE = 4, 2
_WAVE_LENGTH = 2 * math.pi
_WAVE_RATE = 10_000.0
_REFERENCES = Path(__file__).with_name("edgeface_references.json")


def convert(source: Path, target: Path) -> None:
    """Write ``target``: ``images`` (n, 3, 112, 112) RGB, (pixel - 127.5) / 127.5, to ``embeddings`` (n, d).

    The embeddings are not normalised. Raises ModelCorrupt, with nothing at ``target``, where the checkpoint is of
    another network or where one of the official checkpoints does not give its stored embedding.
    """
    tensors = read_tensors(source)
    graph = GraphWriter(below(tensors, "model") or tensors)
    value = graph.convolution(INPUT, "stem.0", stride=_STEM_STRIDE)
    value = _gained(graph, _standardised(graph, value), "stem.1")
    side = SIDE_PX // _STEM_STRIDE
    for stage in range(graph.depth("stages")):
        layer = f"stages.{stage}"
        if stage > 0:
            value = _halved(graph, value, f"{layer}.downsample")
            side //= _STAGE_STRIDE
        for block in range(graph.depth(f"{layer}.blocks")):
            value = _encoded(graph, value, f"{layer}.blocks.{block}", side)
    pooled = _standardised(graph, graph.global_average(value))
    embeddings = graph.flattened(_mixed(graph, pooled, "head.fc", norm="head.norm"))
    graph.output(EMBEDDINGS, embeddings, (len(_matrices(graph, "head.fc")[1]),))
    graph.write(target, (3, SIDE_PX, SIDE_PX))
    _check_official(source, target)


def _check_official(source: Path, target: Path) -> None:
    stored = json.loads(_REFERENCES.read_text(encoding="utf-8"))
    expected = stored.get(sha256(source.read_bytes()).hexdigest())
    if expected is not None:
        check_embedding(target, (reference_images() - MEAN) * SCALE, expected)


def _encoded(graph: GraphWriter, value: str, layer: str, side: int) -> str:
    """The value plus what a block of either kind says of it."""
    if graph.holds(f"{layer}.xca"):
        inner = _split_convolutions(graph, value, layer)
        if graph.holds(f"{layer}.pos_embd"):
            inner = graph.added(inner, _positions(graph, f"{layer}.pos_embd.token_projection", side))
        attended = _cross_covariance(graph, _standardised(graph, inner), layer, side)
        inner = graph.added(inner, attended)
    else:
        kernel = graph.tensor(f"{layer}.conv_dw.weight").shape[-1]
        inner = graph.depthwise(value, f"{layer}.conv_dw", padding=kernel // 2)
    inner = _mixed(graph, _standardised(graph, inner), f"{layer}.mlp.fc1", norm=f"{layer}.norm")
    inner = _mixed(graph, graph.gelu(inner), f"{layer}.mlp.fc2", gain=f"{layer}.gamma")
    return graph.added(value, inner)


def _split_convolutions(graph: GraphWriter, value: str, layer: str) -> str:
    """Each part of the channels convolved together with the result of the part before it; the last one stays."""
    channels, count = len(graph.tensor(f"{layer}.gamma")), graph.depth(f"{layer}.convs")
    size = math.ceil(channels / (count + 1))
    *parts, last = graph.split(value, [size] * count + [channels - size * count])
    done: list[str] = []
    for index, part in enumerate(parts):
        source = graph.added(part, done[-1]) if done else part
        done.append(graph.depthwise(source, f"{layer}.convs.{index}", padding=1))
    return graph.concatenated(*done, last)


def _cross_covariance(graph: GraphWriter, value: str, layer: str, side: int) -> str:
    """Attention between the channels of each head (El-Nouby et al., "XCiT", 2021)."""
    temperature = graph.tensor(f"{layer}.xca.temperature")
    heads, channels = len(temperature), len(graph.tensor(f"{layer}.gamma"))
    parts = _mixed(graph, value, f"{layer}.xca.qkv", norm=f"{layer}.norm_xca")
    parts = graph.reshaped(parts, 0, 3 * heads, channels // heads, side * side)
    query, key, content = graph.split(parts, [heads] * 3)
    turned = graph.transposed(_of_unit_length(graph, key), 0, 1, 3, 2)
    products = graph.node("MatMul", _of_unit_length(graph, query), turned)
    weights = graph.softmax(graph.multiplied(products, graph.constant(f"{layer}.temperature", temperature)))
    attended = graph.reshaped(graph.node("MatMul", weights, content), 0, channels, side, side)
    return _mixed(graph, attended, f"{layer}.xca.proj", gain=f"{layer}.gamma_xca")


def _of_unit_length(graph: GraphWriter, value: str) -> str:
    length = graph.node("ReduceL2", value, axes=[-1], keepdims=1)
    return graph.node("Div", value, graph.node("Max", length, graph.constant("epsilon", _LENGTH_EPSILON)))


def _positions(graph: GraphWriter, layer: str, side: int) -> str:
    """Where each place lies, as sines and cosines mixed by a 1×1 convolution: a constant (1, c, side, side)."""
    weight, bias = graph.tensor(f"{layer}.weight")[:, :, 0, 0], graph.tensor(f"{layer}.bias")
    hidden = weight.shape[1] // 2
    rates = _WAVE_RATE ** (2 * (np.arange(hidden) // 2) / hidden)
    angles = np.arange(1, side + 1) / (side + _NORM_EPSILON) * _WAVE_LENGTH / rates[:, None]
    waves = np.where(np.arange(hidden)[:, None] % 2, np.cos(angles), np.sin(angles))  # (hidden, side)
    rows = np.repeat(waves[:, :, None], side, axis=2)
    both = np.concatenate([rows, rows.transpose(0, 2, 1)])
    places = np.tensordot(weight, both, axes=1) + bias[:, None, None]
    return graph.constant(layer, places[None])


def _standardised(graph: GraphWriter, value: str) -> str:
    """Layer normalisation over the channels without gain and bias, which the layer behind it takes over."""
    centred = graph.node("Sub", value, graph.node("ReduceMean", value, axes=[1], keepdims=1))
    variance = graph.node("ReduceMean", graph.multiplied(centred, centred), axes=[1], keepdims=1)
    deviation = graph.node("Sqrt", graph.added(variance, graph.constant("epsilon", _NORM_EPSILON)))
    return graph.node("Div", centred, deviation)


def _gained(graph: GraphWriter, value: str, norm: str) -> str:
    """Gain and bias of a normalisation behind which no layer can take them over."""
    gain, bias = (graph.tensor(f"{norm}.{part}")[:, None, None] for part in ("weight", "bias"))
    product = graph.multiplied(value, graph.constant(f"{norm}.gain", gain))
    return graph.added(product, graph.constant(f"{norm}.bias", bias))


def _halved(graph: GraphWriter, value: str, layer: str) -> str:
    """A normalisation and a convolution of 2×2 px that takes over its gain and bias."""
    gain, shift = (graph.tensor(f"{layer}.0.{part}").astype(np.float64) for part in ("weight", "bias"))
    weight = graph.tensor(f"{layer}.1.weight").astype(np.float64)
    bias = graph.tensor(f"{layer}.1.bias") + weight.sum(axis=(2, 3)) @ shift
    inputs = graph.constant(f"{layer}.weight", weight * gain[:, None, None]), graph.constant(f"{layer}.bias", bias)
    return graph.node("Conv", _standardised(graph, value), *inputs, strides=[_STAGE_STRIDE] * 2)


def _mixed(graph: GraphWriter, value: str, layer: str, norm: str = "", gain: str = "") -> str:
    """A linear layer over the channels, with the gain and bias of ``norm`` before and ``gain`` behind it folded in."""
    matrices, bias = _matrices(graph, layer)
    if norm:
        shift: NDArray[np.floating] = graph.tensor(f"{norm}.bias")
        for matrix in matrices:
            shift = matrix @ shift
        bias = bias + shift
        matrices[0] = matrices[0] * graph.tensor(f"{norm}.weight")
    if gain:
        factor = graph.tensor(gain).astype(np.float64)
        matrices[-1], bias = matrices[-1] * factor[:, None], bias * factor
    *first, last = (graph.constant(layer, matrix[:, :, None, None]) for matrix in matrices)
    for weight in first:
        value = graph.node("Conv", value, weight)
    return graph.node("Conv", value, last, graph.constant(f"{layer}.bias", bias))


def _matrices(graph: GraphWriter, layer: str) -> tuple[list[Doubles], Doubles]:
    """What a linear layer multiplies with, one after the other, and its bias."""
    if not graph.holds(f"{layer}.linear1"):
        return [graph.tensor(f"{layer}.weight").astype(np.float64)], graph.tensor(f"{layer}.bias").astype(np.float64)
    narrow, wide = (graph.tensor(f"{layer}.linear{index}.weight").astype(np.float64) for index in (1, 2))
    bias = graph.tensor(f"{layer}.linear2.bias").astype(np.float64)
    is_cheaper_as_one = narrow.shape[1] * wide.shape[0] <= narrow.size + wide.size
    return ([wide @ narrow] if is_cheaper_as_one else [narrow, wide]), bias
