"""An ONNX graph in the making: its nodes, constants and outputs, and the operations that need no weights."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from mien.domain.errors import ModelCorrupt
from mien.inference.conversion.output_names import INPUT

_log = logging.getLogger(__name__)
_OPSET = 17  # the first with LayerNormalization
_IR_VERSION = 8  # read by every ONNX Runtime since 1.12
_FREE_SIDE_PX = 64  # what a free side of the input is taken for when a graph is tried
_SILENT = 4  # severity: ONNX Runtime says nothing of its own

Size = int | str
"""A dimension: a number, or the name of a free one."""


@dataclass(slots=True)
class NodeWriter:
    """Nodes, constants and outputs of one graph. Each method that adds something returns the name of its value."""

    _nodes: list[onnx.NodeProto] = field(default_factory=list)
    _constants: list[onnx.TensorProto] = field(default_factory=list)
    _outputs: dict[str, tuple[str, tuple[Size, ...]]] = field(default_factory=dict)
    _statements: dict[str, str] = field(default_factory=dict)

    def node(self, kind: str, *inputs: str, **attributes: Any) -> str:
        """One node of an operator of ONNX, with one output."""
        return self.nodes(kind, 1, *inputs, **attributes)[0]

    def nodes(self, kind: str, outputs: int, *inputs: str, **attributes: Any) -> tuple[str, ...]:
        """One node of an operator with several outputs."""
        name = f"{kind.lower()}_{len(self._nodes)}"
        names = (name, *(f"{name}_{index}" for index in range(1, outputs)))
        self._nodes.append(helper.make_node(kind, list(inputs), list(names), name=name, **attributes))
        return names

    def constant(self, name: str, values: NDArray[Any] | float) -> str:
        """Floats as float32 and whole numbers as int64; the name is made unique."""
        array = np.asarray(values)
        array = array.astype(np.int64 if array.dtype.kind in "iu" else np.float32)
        unique = f"{name}.{len(self._constants)}"
        self._constants.append(numpy_helper.from_array(np.ascontiguousarray(array), unique))
        return unique

    def output(self, name: str, value: str, shape: Sequence[Size]) -> None:
        """Let the graph give ``value`` (n, *shape) as ``name``; outputs keep the order of these calls."""
        self._outputs[name] = (value, tuple(shape))

    def state(self, key: str, text: str) -> None:
        """Let the file say something of itself in its metadata."""
        self._statements[key] = text

    def write(self, path: Path, input_shape: Sequence[Size]) -> None:
        """Write the graph from ``images`` (n, *input_shape) to its outputs, once it has run on a grey picture.

        Raises ModelCorrupt, with nothing at ``path``, where the tensors do not fit together.
        """
        _rename(self._nodes, {value: name for name, (value, _) in self._outputs.items()})
        graph = helper.make_graph(
            self._nodes,
            path.stem,
            [_described(INPUT, input_shape)],
            [_described(name, shape) for name, (_, shape) in self._outputs.items()],
            self._constants,
        )
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", _OPSET)], producer_name="mien")
        model.ir_version = _IR_VERSION
        helper.set_model_props(model, self._statements)
        _try(model, input_shape)
        path.write_bytes(model.SerializeToString())

    def scaled(self, value: str, mean: float, scale: float) -> str:
        """``(value - mean) * scale``."""
        shifted = self.node("Sub", value, self.constant("mean", float(mean)))
        return self.node("Mul", shifted, self.constant("scale", float(scale)))

    def added(self, first: str, second: str) -> str:
        return self.node("Add", first, second)

    def multiplied(self, first: str, second: str) -> str:
        return self.node("Mul", first, second)

    def concatenated(self, *values: str, axis: int = 1) -> str:
        return self.node("Concat", *values, axis=axis)

    def split(self, value: str, sizes: Sequence[int], axis: int = 1) -> tuple[str, ...]:
        """The parts of a value along an axis."""
        return self.nodes("Split", len(sizes), value, self.constant("sizes", np.array(sizes)), axis=axis)

    def reshaped(self, value: str, *shape: int) -> str:
        """0 keeps a dimension, -1 takes what is left; the first one, the batch, is best 0."""
        return self.node("Reshape", value, self.constant("shape", np.array(shape)))

    def transposed(self, value: str, *order: int) -> str:
        return self.node("Transpose", value, perm=list(order))

    def flattened(self, value: str) -> str:
        """(n, everything else)."""
        return self.node("Flatten", value, axis=1)

    def padded(self, value: str, top: int, left: int, bottom: int, right: int) -> str:
        """Zeros around the planes (n, c, h, w)."""
        return self.node("Pad", value, self.constant("pads", np.array([0, 0, top, left, 0, 0, bottom, right])))

    def relu(self, value: str) -> str:
        return self.node("Relu", value)

    def clipped(self, value: str, low: float, high: float) -> str:
        """``clipped(value, 0, 6)`` is ReLU6."""
        return self.node("Clip", value, self.constant("low", float(low)), self.constant("high", float(high)))

    def leaky_relu(self, value: str, slope: float) -> str:
        return self.node("LeakyRelu", value, alpha=slope)

    def sigmoid(self, value: str) -> str:
        return self.node("Sigmoid", value)

    def silu(self, value: str) -> str:
        """``x · sigmoid(x)``, also called swish."""
        return self.multiplied(value, self.sigmoid(value))

    def gelu(self, value: str) -> str:
        """``x/2 · (1 + erf(x/√2))``, in the order of operations that runtimes know as one."""
        erf = self.node("Erf", self.node("Div", value, self.constant("root", np.sqrt(2.0))))
        doubled = self.multiplied(value, self.added(erf, self.constant("one", 1.0)))
        return self.multiplied(doubled, self.constant("half", 0.5))

    def softmax(self, value: str, axis: int = -1) -> str:
        return self.node("Softmax", value, axis=axis)

    def max_pool(self, value: str, kernel: int, stride: int, padding: int = 0, **attributes: Any) -> str:
        """``ceil_mode=1`` keeps a last window that is not full."""
        return self.node("MaxPool", value, **_window(kernel, stride, padding), **attributes)

    def average_pool(self, value: str, kernel: int, stride: int, padding: int = 0, **attributes: Any) -> str:
        """As in torch, what lies in the padding counts; ``count_include_pad=0`` leaves it out."""
        return self.node(
            "AveragePool", value, **{"count_include_pad": 1} | _window(kernel, stride, padding) | attributes
        )

    def global_average(self, value: str) -> str:
        """The mean of every plane: (n, c, 1, 1)."""
        return self.node("GlobalAveragePool", value)

    def global_max(self, value: str) -> str:
        """The largest of every plane: (n, c, 1, 1)."""
        return self.node("GlobalMaxPool", value)


def _window(kernel: int, stride: int, padding: int) -> dict[str, list[int]]:
    return {"kernel_shape": [kernel] * 2, "strides": [stride] * 2, "pads": [padding] * 4}


def _described(name: str, shape: Sequence[Size]) -> onnx.ValueInfoProto:
    return helper.make_tensor_value_info(name, TensorProto.FLOAT, ["n", *shape])


def _rename(nodes: Sequence[onnx.NodeProto], names: Mapping[str, str]) -> None:
    for node in nodes:
        node.input[:] = [names.get(value, value) for value in node.input]
        node.output[:] = [names.get(value, value) for value in node.output]


def _try(model: onnx.ModelProto, input_shape: Sequence[Size]) -> None:
    """Raise ModelCorrupt unless the graph is valid and runs, to the shapes and finite numbers it promises.

    The checker alone does not compare the channels of a value with those of the weights it meets.
    """
    shape = (2, *(_FREE_SIDE_PX if isinstance(size, str) else size for size in input_shape))
    options = onnxruntime.SessionOptions()
    options.log_severity_level = _SILENT
    options.intra_op_num_threads = 1
    try:
        onnx.checker.check_model(model, full_check=True)
        session = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
        values = session.run(None, {INPUT: np.full(shape, 0.5, np.float32)})
    except Exception as error:  # onnx and onnxruntime raise many kinds, with no root of their own
        _log.info("onnx says: %s", error)
        raise ModelCorrupt("the checkpoint is of another network, its tensors do not fit together") from error
    for output, value in zip(session.get_outputs(), values, strict=True):
        if any(isinstance(size, int) and size != found for size, found in zip(output.shape, value.shape, strict=True)):
            raise ModelCorrupt(f"the converted network gives {output.name} of {value.shape}, not of {output.shape}")
        if not np.isfinite(value).all():
            raise ModelCorrupt(f"the converted network gives {output.name} that are no finite numbers")
