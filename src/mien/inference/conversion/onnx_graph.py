"""Writes small convolutional networks as ONNX files from the tensors of a checkpoint."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from mien.domain.errors import ModelCorrupt

_OPSET = 13
_IR_VERSION = 8  # read by every ONNX Runtime since 1.10
_BATCH_NORM_EPSILON = 1e-5  # torch's default

Floats = NDArray[np.float32]


class GraphWriter:
    """An ONNX graph in the making. Layers are named as in the checkpoint; each method returns the name of its value.

    Batch normalisation is folded into the layer before it. Raises ModelCorrupt where the checkpoint lacks a tensor or
    has it in another shape.
    """

    def __init__(self, tensors: Mapping[str, Floats]) -> None:
        self._tensors = tensors
        self._nodes: list[onnx.NodeProto] = []
        self._constants: list[onnx.TensorProto] = []

    def scaled(self, value: str, mean: float, scale: float) -> str:
        """``(value - mean) * scale``."""
        shifted = self.node("Sub", value, self.constant("input.mean", np.array(mean)))
        return self.node("Mul", shifted, self.constant("input.scale", np.array(scale)))

    def convolution(self, value: str, layer: str, shape: tuple[int, int, int, int], stride: int, padding: int) -> str:
        """``layer.conv`` of a weight (out, in / groups, h, w) followed by ``layer.bn``."""
        weight = self.tensor(f"{layer}.conv.weight", shape)
        gain, bias = self._batch_norm(f"{layer}.bn", shape[0])
        inputs = (
            self.constant(f"{layer}.weight", weight * gain[:, None, None, None]),
            self.constant(f"{layer}.bias", bias),
        )
        groups = shape[0] if shape[1] == 1 else 1
        return self.node("Conv", value, *inputs, group=groups, strides=[stride] * 2, pads=[padding] * 4)

    def prelu(self, value: str, layer: str, channels: int) -> str:
        """A slope of its own for every channel."""
        slope = self.tensor(f"{layer}.weight", (channels,))
        return self.node("PRelu", value, self.constant(f"{layer}.slope", slope[:, None, None]))

    def added(self, first: str, second: str) -> str:
        return self.node("Add", first, second)

    def flattened(self, value: str) -> str:
        return self.node("Flatten", value, axis=1)

    def linear(self, value: str, layer: str, norm: str, shape: tuple[int, int]) -> str:
        """``layer`` without bias, of a weight (out, in), followed by the batch normalisation ``norm``."""
        weight = self.tensor(f"{layer}.weight", shape)
        gain, bias = self._batch_norm(norm, shape[0])
        inputs = (self.constant(f"{layer}.weight", weight * gain[:, None]), self.constant(f"{layer}.bias", bias))
        return self.node("Gemm", value, *inputs, transB=1)

    def write(self, path: Path, output: str, input_shape: tuple[int, ...], width: int) -> None:
        """Write the graph from ``images`` (n, *input_shape) to the value ``output`` (n, width) under its name."""
        self._nodes[-1].output[0] = output
        graph = helper.make_graph(
            self._nodes,
            path.stem,
            [helper.make_tensor_value_info("images", TensorProto.FLOAT, ["n", *input_shape])],
            [helper.make_tensor_value_info(output, TensorProto.FLOAT, ["n", width])],
            self._constants,
        )
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", _OPSET)], producer_name="mien")
        model.ir_version = _IR_VERSION
        onnx.checker.check_model(model, full_check=True)
        path.write_bytes(model.SerializeToString())

    def _batch_norm(self, layer: str, channels: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Gain and bias of a batch normalisation at inference, in float64 so that folding loses nothing."""
        parts = ("weight", "bias", "running_mean", "running_var")
        weight, bias, mean, variance = (
            self.tensor(f"{layer}.{part}", (channels,)).astype(np.float64) for part in parts
        )
        gain = weight / np.sqrt(variance + _BATCH_NORM_EPSILON)
        return gain, bias - mean * gain

    def tensor(self, name: str, shape: tuple[int, ...]) -> Floats:
        found = self._tensors.get(name)
        if found is None or found.shape != shape:
            there = "is missing" if found is None else f"has the shape {found.shape}"
            raise ModelCorrupt(f"the checkpoint is of another network: {name} {there}, expected {shape}")
        return found

    def constant(self, name: str, values: NDArray[np.floating]) -> str:
        self._constants.append(numpy_helper.from_array(values.astype(np.float32), name))
        return name

    def node(self, kind: str, *inputs: str, **attributes: Any) -> str:
        name = f"{kind.lower()}_{len(self._nodes)}"
        self._nodes.append(helper.make_node(kind, list(inputs), [name], name=name, **attributes))
        return name
