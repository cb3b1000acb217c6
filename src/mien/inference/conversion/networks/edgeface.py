"""EdgeFace: an EdgeNeXt for faces, its checkpoint of any width and depth written as ONNX.

George, Ecabert, Otroshi Shahreza, Kotwal and Marcel, "EdgeFace: Efficient Face Recognition Model for Edge Devices",
2023; the backbone is Maaz et al., "EdgeNeXt", 2022, as timm names and computes it. Linear layers may be products of
two low-rank ones (``linear1``, ``linear2``). Everything is written as convolutions of (n, c, h, w), in which OpenVINO
needs less time than with the linear layers and the transpositions of the original.
"""

import json
import math
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path

import numpy as np

from mien.domain.errors import ModelCorrupt
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


@dataclass(frozen=True, slots=True)
class _Planes:
    """A value (n, channels, side, side) of the graph."""

    name: str
    channels: int
    side: int


def convert(source: Path, target: Path) -> None:
    """Write ``target``: ``images`` (n, 3, 112, 112) RGB, (pixel - 127.5) / 127.5, to ``embeddings`` (n, d).

    The embeddings are not normalised. Raises ModelCorrupt, with nothing at ``target``, where the checkpoint is of
    another network or where one of the official checkpoints does not give its stored embedding.
    """
    tensors = read_tensors(source)
    graph = GraphWriter(below(tensors, "model") or tensors)
    value = _stem(graph)
    for stage in range(graph.depth("stages")):
        layer = f"stages.{stage}"
        if stage > 0:
            value = _halved(graph, value, f"{layer}.downsample")
        for block in range(graph.depth(f"{layer}.blocks")):
            value = _encoded(graph, value, f"{layer}.blocks.{block}")
    pooled = _Planes(graph.global_average(value.name), value.channels, 1)
    embeddings = _mixed(graph, _standardised(graph, pooled), "head.fc", norm="head.norm")
    graph.output(EMBEDDINGS, graph.flattened(embeddings.name), (embeddings.channels,))
    graph.write(target, (3, SIDE_PX, SIDE_PX))
    _check_official(source, target)


def _check_official(source: Path, target: Path) -> None:
    """Official checkpoints are known by their sha256; what others have to give, nobody knows."""
    stored = json.loads(_REFERENCES.read_text(encoding="utf-8"))
    expected = stored.get(sha256(source.read_bytes()).hexdigest())
    if expected is not None:
        check_embedding(target, (reference_images() - MEAN) * SCALE, expected)


def _stem(graph: GraphWriter) -> _Planes:
    weight = graph.tensor("stem.0.weight", (None, 3, _STEM_STRIDE, _STEM_STRIDE))
    convolved = graph.convolution(INPUT, "stem.0", stride=_STEM_STRIDE)
    value = _standardised(graph, _Planes(convolved, len(weight), SIDE_PX // _STEM_STRIDE))
    gain, bias = (graph.tensor(f"stem.1.{part}", (value.channels,))[:, None, None] for part in ("weight", "bias"))
    product = graph.multiplied(value.name, graph.constant("stem.1.gain", gain))
    return replace(value, name=graph.added(product, graph.constant("stem.1.bias", bias)))


def _halved(graph: GraphWriter, value: _Planes, layer: str) -> _Planes:
    """A normalisation and a convolution of 2×2 px that takes over its gain and bias."""
    gain, shift = (graph.tensor(f"{layer}.0.{part}", (value.channels,)) for part in ("weight", "bias"))
    shape = (None, value.channels, _STAGE_STRIDE, _STAGE_STRIDE)
    weight = graph.tensor(f"{layer}.1.weight", shape).astype(np.float64)
    bias = graph.tensor(f"{layer}.1.bias", (len(weight),)) + weight.sum(axis=(2, 3)) @ shift
    inputs = graph.constant(f"{layer}.weight", weight * gain[:, None, None]), graph.constant(f"{layer}.bias", bias)
    name = graph.node("Conv", _standardised(graph, value).name, *inputs, strides=[_STAGE_STRIDE] * 2)
    return _Planes(name, len(weight), value.side // _STAGE_STRIDE)


def _encoded(graph: GraphWriter, value: _Planes, layer: str) -> _Planes:
    """The value plus what a block of either kind says of it."""
    if graph.holds(f"{layer}.xca"):
        inner = _split_convolutions(graph, value, layer)
        if graph.holds(f"{layer}.pos_embd"):
            inner = _sum(graph, inner, _positions(graph, f"{layer}.pos_embd.token_projection", value))
        inner = _sum(graph, inner, _cross_covariance(graph, _standardised(graph, inner), layer))
    else:
        weight = graph.tensor(f"{layer}.conv_dw.weight", (value.channels, 1, None, None))
        convolved = graph.depthwise(value.name, f"{layer}.conv_dw", padding=weight.shape[-1] // 2)
        inner = replace(value, name=convolved)
    inner = _mixed(graph, _standardised(graph, inner), f"{layer}.mlp.fc1", norm=f"{layer}.norm")
    inner = replace(inner, name=graph.gelu(inner.name))
    return _sum(graph, value, _mixed(graph, inner, f"{layer}.mlp.fc2", gain=f"{layer}.gamma"))


def _split_convolutions(graph: GraphWriter, value: _Planes, layer: str) -> _Planes:
    """Each part of the channels convolved together with the result of the part before it; the last one stays."""
    count = graph.depth(f"{layer}.convs")
    size = math.ceil(value.channels / (count + 1))
    *parts, last = graph.split(value.name, [size] * count + [value.channels - size * count])
    done: list[str] = []
    for index, part in enumerate(parts):
        source = graph.added(part, done[-1]) if done else part
        done.append(graph.depthwise(source, f"{layer}.convs.{index}", padding=1))
    return replace(value, name=graph.concatenated(*done, last))


def _cross_covariance(graph: GraphWriter, value: _Planes, layer: str) -> _Planes:
    """Attention between the channels of each head (El-Nouby et al., "XCiT", 2021)."""
    temperature = graph.tensor(f"{layer}.xca.temperature", (None, 1, 1))
    heads, channels, side = len(temperature), value.channels, value.side
    if heads < 1 or channels % heads:
        raise ModelCorrupt(f"the checkpoint is of another network: {layer} has {heads} heads for {channels} channels")
    parts = _mixed(graph, value, f"{layer}.xca.qkv", norm=f"{layer}.norm_xca")
    parted = graph.reshaped(parts.name, 0, 3 * heads, channels // heads, side * side)
    query, key, content = graph.split(parted, [heads] * 3)
    turned = graph.transposed(_of_unit_length(graph, key), 0, 1, 3, 2)
    products = graph.node("MatMul", _of_unit_length(graph, query), turned)
    weights = graph.softmax(graph.multiplied(products, graph.constant(f"{layer}.temperature", temperature)))
    attended = graph.reshaped(graph.node("MatMul", weights, content), 0, channels, side, side)
    return _mixed(graph, replace(value, name=attended), f"{layer}.xca.proj", gain=f"{layer}.gamma_xca")


def _of_unit_length(graph: GraphWriter, value: str) -> str:
    length = graph.node("ReduceL2", value, axes=[-1], keepdims=1)
    return graph.node("Div", value, graph.node("Max", length, graph.constant("epsilon", _LENGTH_EPSILON)))


def _positions(graph: GraphWriter, layer: str, value: _Planes) -> _Planes:
    """Where each place lies, as sines and cosines mixed by a 1×1 convolution: a constant (1, c, side, side)."""
    weight = graph.tensor(f"{layer}.weight", (value.channels, None, 1, 1))[:, :, 0, 0]
    bias = graph.tensor(f"{layer}.bias", (value.channels,))
    hidden = weight.shape[1] // 2
    rates = _WAVE_RATE ** (2 * (np.arange(hidden) // 2) / max(hidden, 1))
    angles = np.arange(1, value.side + 1) / (value.side + _NORM_EPSILON) * _WAVE_LENGTH / rates[:, None]
    waves = np.where(np.arange(hidden)[:, None] % 2, np.cos(angles), np.sin(angles))  # (hidden, side)
    rows = np.repeat(waves[:, :, None], value.side, axis=2)
    both = np.concatenate([rows, rows.transpose(0, 2, 1)])
    places = np.tensordot(weight[:, : 2 * hidden], both, axes=1) + bias[:, None, None]
    return replace(value, name=graph.constant(layer, places[None]))


def _sum(graph: GraphWriter, first: _Planes, second: _Planes) -> _Planes:
    return replace(first, name=graph.added(first.name, second.name))


def _standardised(graph: GraphWriter, value: _Planes) -> _Planes:
    """Layer normalisation over the channels without gain and bias, which the layer behind it takes over."""
    centred = graph.node("Sub", value.name, graph.node("ReduceMean", value.name, axes=[1], keepdims=1))
    variance = graph.node("ReduceMean", graph.multiplied(centred, centred), axes=[1], keepdims=1)
    deviation = graph.node("Sqrt", graph.added(variance, graph.constant("epsilon", _NORM_EPSILON)))
    return replace(value, name=graph.node("Div", centred, deviation))


def _mixed(graph: GraphWriter, value: _Planes, layer: str, norm: str = "", gain: str = "") -> _Planes:
    """A linear layer over the channels, with the gain and bias of ``norm`` before and ``gain`` behind it folded in."""
    matrices, bias = _matrices(graph, layer, value.channels)
    if norm:
        shift: Doubles = graph.tensor(f"{norm}.bias", (value.channels,)).astype(np.float64)
        for matrix in matrices:
            shift = matrix @ shift
        bias = bias + shift
        matrices[0] = matrices[0] * graph.tensor(f"{norm}.weight", (value.channels,))
    if gain:
        factor = graph.tensor(gain, bias.shape).astype(np.float64)
        matrices[-1], bias = matrices[-1] * factor[:, None], bias * factor
    *first, last = (graph.constant(layer, matrix[:, :, None, None]) for matrix in matrices)
    name = value.name
    for weight in first:
        name = graph.node("Conv", name, weight)
    name = graph.node("Conv", name, last, graph.constant(f"{layer}.bias", bias))
    return replace(value, name=name, channels=len(bias))


def _matrices(graph: GraphWriter, layer: str, channels: int) -> tuple[list[Doubles], Doubles]:
    """What a linear layer multiplies with, one after the other, and its bias."""
    if not graph.holds(f"{layer}.linear1"):
        weight = graph.tensor(f"{layer}.weight", (None, channels)).astype(np.float64)
        return [weight], graph.tensor(f"{layer}.bias", (len(weight),)).astype(np.float64)
    narrow = graph.tensor(f"{layer}.linear1.weight", (None, channels)).astype(np.float64)
    wide = graph.tensor(f"{layer}.linear2.weight", (None, len(narrow))).astype(np.float64)
    bias = graph.tensor(f"{layer}.linear2.bias", (len(wide),)).astype(np.float64)
    is_cheaper_as_one = channels * len(wide) <= narrow.size + wide.size
    return ([wide @ narrow] if is_cheaper_as_one else [narrow, wide]), bias
