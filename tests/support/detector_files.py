"""Writes ONNX files of the layouts of detectors, with seeded weights, and computes what they give with numpy alone."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Head:
    """One output: every cell of ``stride`` px tells ``channels`` numbers, a linear map of the cell's mean colour.

    ``shape`` is the layout of the output: ``"map"`` (1, channels, rows, columns), or ``"rows"`` (n, channels / anchors)
    with the anchors of a cell one after the other.
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


def write_heads(path: Path, heads: Sequence[Head], size: tuple[int, int] | None) -> Path:
    """A network of these heads for pictures of ``size`` (width, height), or of any; its names tell nothing."""
    nodes, constants, outputs = [], [], []
    for number, head in enumerate(heads):
        weights = numpy_helper.from_array(head.weights[:, :, None, None], f"w{number}")
        bias = numpy_helper.from_array(head.bias, f"b{number}")
        constants += [weights, bias]
        square = [head.stride, head.stride]
        nodes += [
            helper.make_node("AveragePool", ["x"], [f"p{number}"], kernel_shape=square, strides=square),
            helper.make_node("Conv", [f"p{number}", f"w{number}", f"b{number}"], [f"c{number}"]),
        ]
        last = f"c{number}"
        if head.is_probability:
            nodes.append(helper.make_node("Sigmoid", [last], [f"s{number}"]))
            last = f"s{number}"
        if head.shape == "rows":
            constants.append(numpy_helper.from_array(np.array([-1, len(head.weights) // head.anchors]), f"r{number}"))
            nodes.append(helper.make_node("Transpose", [last], [f"t{number}"], perm=[0, 2, 3, 1]))
            nodes.append(helper.make_node("Reshape", [f"t{number}", f"r{number}"], [f"o{number}"]))
        else:
            nodes.append(helper.make_node("Identity", [last], [f"o{number}"]))
        shape = [None] * (2 if head.shape == "rows" else 4)
        outputs.append(helper.make_tensor_value_info(f"o{number}", TensorProto.FLOAT, shape))
    width, height = size or ("width", "height")
    source = helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 3, height, width])
    graph = helper.make_graph(nodes, "heads", [source], outputs, constants)
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8), path)
    return path
