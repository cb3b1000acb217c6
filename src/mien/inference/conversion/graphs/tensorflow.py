"""Frozen TensorFlow graphs become ONNX files, node by node."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mien.domain.errors import ModelCorrupt
from mien.inference.conversion.graphs.channels_last import ChannelsLastGraph, Value, Window
from mien.inference.conversion.readers.graph_def import GraphNode, read_graph

_EPSILON = 1e-4  # of a FusedBatchNorm that does not say

Array = NDArray[Any]


def convert(source: Path, target: Path) -> None:
    """Write ``target``: ``images`` (n, c, h, w) to every result of the graph that nothing else uses, under its name.

    The graph is frozen: its weights are constants. Raises ModelCorrupt, with nothing at ``target``, where it is broken
    or uses what is not read.
    """
    nodes = read_graph(source)
    try:
        inputs = [node for node in nodes if node.kind == "Placeholder"]
        if len(inputs) != 1:
            raise ModelCorrupt(f"it has {len(inputs)} inputs, one is expected")
        _Conversion(nodes, ChannelsLastGraph(_input_shape(inputs[0]))).write(target)
    except ModelCorrupt as error:
        raise ModelCorrupt(f"{source.name} cannot be converted: {error}") from error
    except (IndexError, KeyError, TypeError, ValueError) as error:
        raise ModelCorrupt(f"{source.name} cannot be converted: one of its nodes is broken") from error


def _input_shape(node: GraphNode) -> tuple[int, ...]:
    shape = node.attributes.get("shape")
    if not isinstance(shape, tuple) or min(shape[1:], default=-1) < 1:
        raise ModelCorrupt(f"it takes an input of {shape!r}, expected is a picture of a fixed size")
    return shape[1:]


@dataclass(frozen=True, slots=True)
class _Conversion:
    """One graph on its way: the values and constants of its nodes so far, by name."""

    nodes: tuple[GraphNode, ...]
    graph: ChannelsLastGraph
    values: dict[str, Value] = field(default_factory=dict)
    constants: dict[str, Array] = field(default_factory=dict)

    def write(self, target: Path) -> None:
        for node in self.nodes:  # each stands behind its inputs, as TensorFlow writes them
            self._add(node)
        used = {name for node in self.nodes for name in node.inputs}
        results = [name for name, value in self.values.items() if name not in used and value != self.graph.input]
        if not results:
            raise ModelCorrupt("nothing in it depends on its input")
        for name in results:
            self.graph.output(name, self.values[name])
        self.graph.write(target)

    def _add(self, node: GraphNode) -> None:
        if node.kind == "Placeholder":
            self.values[node.name] = self.graph.input
        elif node.kind == "Const":
            constant = node.attributes["value"]
            if not isinstance(constant, np.ndarray):
                raise ModelCorrupt(f"its constant {node.name} is broken")
            self.constants[node.name] = constant
        elif node.kind == "Identity" and node.inputs[0] in self.constants:
            self.constants[node.name] = self.constants[node.inputs[0]]
        elif node.kind not in _OPERATIONS:
            raise ModelCorrupt(f"it uses {node.kind}; read are {', '.join(_OPERATIONS)}")
        elif node.attributes.get("data_format", b"NHWC") != b"NHWC":
            raise ModelCorrupt(f"its node {node.name} has the channels first, expected are channels last")
        else:
            try:
                self.values[node.name] = _OPERATIONS[node.kind](self, node)
            except ModelCorrupt as error:
                raise ModelCorrupt(f"its node {node.name} ({node.kind}): {error}") from error

    def _value(self, name: str) -> Value:
        if name not in self.values:
            raise ModelCorrupt(f"it takes {name}, which nothing before it gives")
        return self.values[name]

    def _constant(self, name: str) -> Array:
        if name not in self.constants:
            raise ModelCorrupt(f"it takes {name}, which is no constant: the graph is not frozen")
        return self.constants[name]

    def identity(self, node: GraphNode) -> Value:
        return self._value(node.inputs[0])

    def convolution(self, node: GraphNode) -> Value:
        value, kernel = node.inputs
        weight = self._constant(kernel)
        return self.graph.convolution(self._value(value), weight, None, _window(node, weight.shape))

    def depthwise(self, node: GraphNode) -> Value:
        value, kernel = node.inputs
        weight = self._constant(kernel)
        return self.graph.depthwise(self._value(value), weight, None, _window(node, weight.shape))

    def normalised(self, node: GraphNode) -> Value:
        value, *constants = node.inputs
        if node.attributes.get("is_training", 1):
            raise ModelCorrupt("it is a graph for training")
        gain, bias, mean, variance = (self._constant(name) for name in constants)
        epsilon = float(_number(node, "epsilon", _EPSILON))
        return self.graph.normalised(self._value(value), gain, bias, mean, variance.astype(np.float64) + epsilon)

    def sum(self, node: GraphNode) -> Value:
        first, second = node.inputs
        if first in self.constants:
            first, second = second, first
        other = self.constants[second] if second in self.constants else self._value(second)
        return self.graph.combined("Add", self._value(first), other)

    def product(self, node: GraphNode) -> Value:
        value, kernel = node.inputs
        if node.attributes.get("transpose_a") or node.attributes.get("transpose_b"):
            raise ModelCorrupt("it turns its matrices, which is not read")
        return self.graph.dense(self._value(value), self._constant(kernel), None)

    def average_pool(self, node: GraphNode) -> Value:
        sizes = node.attributes["ksize"]
        return self.graph.pooled("AveragePool", self._value(node.inputs[0]), _window(node, _inner(sizes)))

    def reshaped(self, node: GraphNode) -> Value:
        value, shape = node.inputs
        batch, *sizes = self._constant(shape).tolist()
        if batch != -1:
            raise ModelCorrupt(f"it makes batches of {batch}, expected are any (-1)")
        return self.graph.reshaped(self._value(value), sizes)

    def relu(self, node: GraphNode) -> Value:
        return self.graph.unary("Relu", self._value(node.inputs[0]))

    def sigmoid(self, node: GraphNode) -> Value:
        return self.graph.unary("Sigmoid", self._value(node.inputs[0]))


def _window(node: GraphNode, size: tuple[int, ...]) -> Window:
    padding = node.attributes["padding"]
    if padding not in (b"SAME", b"VALID"):
        raise ModelCorrupt(f"its padding is {padding!r}, expected is SAME or VALID")
    dilation = _inner(node.attributes.get("dilations", (1, 1, 1, 1)))
    return Window((size[0], size[1]), _inner(node.attributes["strides"]), padding == b"SAME", dilation)


def _inner(sizes: Any) -> tuple[int, int]:
    """Height and width of what is told for (batch, height, width, channels)."""
    batch, height, width, channels = sizes
    if (batch, channels) != (1, 1):
        raise ModelCorrupt(f"it moves by {sizes} over batches or channels")
    return int(height), int(width)


def _number(node: GraphNode, name: str, default: float) -> float:
    value = node.attributes.get(name, default)
    return value if isinstance(value, int | float) else default


_OPERATIONS: Mapping[str, Callable[[_Conversion, GraphNode], Value]] = {
    "Identity": _Conversion.identity,
    "Conv2D": _Conversion.convolution,
    "DepthwiseConv2dNative": _Conversion.depthwise,
    "FusedBatchNorm": _Conversion.normalised,
    "BiasAdd": _Conversion.sum,
    "Add": _Conversion.sum,
    "MatMul": _Conversion.product,
    "AvgPool": _Conversion.average_pool,
    "Reshape": _Conversion.reshaped,
    "Relu": _Conversion.relu,
    "Sigmoid": _Conversion.sigmoid,
}
