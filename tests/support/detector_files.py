"""Writes ONNX files of the layouts of detectors, with seeded weights, and computes what they give with numpy alone."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

Floats = NDArray[np.float32]
_RANKS = {"map": 4, "by anchor": 5, "rows": 2}


@dataclass(frozen=True)
class Head:
    """One output: every cell of ``stride`` px tells ``channels`` numbers, a linear map of the cell's mean colour.

    ``shape`` is the layout of the output: ``"map"`` (1, channels, rows, columns), ``"by anchor"`` (1, anchors, rows,
    columns, channels / anchors), or ``"rows"`` (n, channels / anchors) with the anchors of a cell one after the other.
    """

    stride: int
    weights: Floats  # (channels, 3)
    bias: Floats
    shape: str = "map"
    anchors: int = 1
    is_probability: bool = False

    def compute(self, planes: Floats) -> Floats:
        """The output for planes (1, 3, height, width)."""
        _, _, height, width = planes.shape
        rows, columns = height // self.stride, width // self.stride
        means = planes[0].reshape(3, rows, self.stride, columns, self.stride).mean(axis=(2, 4))
        values = np.einsum("kc,crw->krw", self.weights, means) + self.bias[:, None, None]
        if self.is_probability:
            values = 1 / (1 + np.exp(-values))
        if self.shape == "map":
            return values[None]
        if self.shape == "by anchor":
            return values.reshape(1, self.anchors, -1, rows, columns).transpose(0, 1, 3, 4, 2)
        return values.transpose(1, 2, 0).reshape(-1, len(self.weights) // self.anchors)


def seeded_head(
    generator: np.random.Generator,
    stride: int,
    channels: int,
    bias: float | Floats = 0.0,
    spread: float = 2.0,
    **layout: object,
) -> Head:
    weights = generator.normal(0, spread, (channels, 3)).astype(np.float32)
    return Head(stride, weights, np.broadcast_to(np.float32(bias), channels).copy(), **layout)  # type: ignore[arg-type]


def write_heads(
    path: Path,
    outputs: Sequence[Head] | Mapping[str, Sequence[Head]],
    size: tuple[int, int] | None,
    input_name: str = "x",
    has_batch: bool = False,
) -> Path:
    """A network for pictures of ``size`` (width, height), or of any.

    Its outputs are single heads, whose names tell nothing, or by name the rows of several heads, one after the other.
    Where it ``has_batch``, rows are (1, n, numbers).
    """
    named = outputs if isinstance(outputs, Mapping) else {f"o{number}": [head] for number, head in enumerate(outputs)}
    nodes: list[onnx.NodeProto] = []
    constants: list[onnx.TensorProto] = []
    for name, heads in named.items():
        values = [_added(head, f"{name}.{number}", input_name, nodes, constants) for number, head in enumerate(heads)]
        last = values[0]
        if heads[0].shape == "rows":
            width = len(heads[0].weights) // heads[0].anchors
            constants.append(numpy_helper.from_array(np.array([1, -1, width][not has_batch :]), f"{name}.shape"))
            nodes.append(helper.make_node("Concat", values, [f"{name}.all"], axis=0))
            nodes.append(helper.make_node("Reshape", [f"{name}.all", f"{name}.shape"], [f"{name}.out"]))
            last = f"{name}.out"
        nodes.append(helper.make_node("Identity", [last], [name]))
    ranks = {name: _RANKS[heads[0].shape] + (has_batch and heads[0].shape == "rows") for name, heads in named.items()}
    ends = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [None] * rank) for name, rank in ranks.items()]
    width, height = size or ("width", "height")
    source = helper.make_tensor_value_info(input_name, TensorProto.FLOAT, [1, 3, height, width])
    graph = helper.make_graph(nodes, "heads", [source], ends, constants)
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8), path)
    return path


def _added(head: Head, name: str, source: str, nodes: list[onnx.NodeProto], constants: list[onnx.TensorProto]) -> str:
    """The name of what a head gives, once its nodes are there."""
    count, width = head.anchors, len(head.weights) // head.anchors
    constants += [
        numpy_helper.from_array(head.weights[:, :, None, None], f"{name}.weights"),
        numpy_helper.from_array(head.bias, f"{name}.bias"),
        numpy_helper.from_array(np.array([0, 0, 0, count, width]), f"{name}.by_anchor"),
        numpy_helper.from_array(np.array([-1, width]), f"{name}.by_row"),
    ]
    steps: list[tuple[str, list[str], dict[str, object]]] = [
        ("AveragePool", [], {"kernel_shape": [head.stride] * 2, "strides": [head.stride] * 2, "ceil_mode": 1}),
        ("Conv", [f"{name}.weights", f"{name}.bias"], {}),
    ]
    if head.is_probability:
        steps.append(("Sigmoid", [], {}))
    if head.shape != "map":
        steps.append(("Transpose", [], {"perm": [0, 2, 3, 1]}))
    if head.shape == "rows":
        steps.append(("Reshape", [f"{name}.by_row"], {}))
    if head.shape == "by anchor":
        steps += [("Reshape", [f"{name}.by_anchor"], {}), ("Transpose", [], {"perm": [0, 3, 1, 2, 4]})]
    value = source
    for number, (kind, others, attributes) in enumerate(steps):
        nodes.append(helper.make_node(kind, [value, *others], [f"{name}.{number}"], **attributes))
        value = f"{name}.{number}"
    return value
