"""Writes ONNX files of real layers with seeded weights, and computes what they give with numpy alone."""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper
from tests.reference.layers import batch_norm, conv2d, dense, flattened, prelu, relu, sigmoid

Floats = NDArray[np.float32]
_EPSILON = 1e-5


class LayeredNetwork:
    """A network in the making: every layer goes into an ONNX graph and, by its formula, into a forward pass beside it.

    Values are known by name, ``input_name`` is that of the pictures (n, c, h, w). Weights lie as torch keeps them.
    """

    def __init__(self, input_name: str = "input", seed: int = 0) -> None:
        self.input = input_name
        self._random = np.random.default_rng(seed)
        self._nodes: list[onnx.NodeProto] = []
        self._constants: list[onnx.TensorProto] = []
        self._steps: list[tuple[str, Sequence[str], Callable[..., Floats], Sequence[Floats]]] = []

    def drawn(self, *shape: int, scale: float = 1.0) -> Floats:
        """Weights (out, in, ...) of He's variance, ``scale`` times as large."""
        return self._random.normal(0, scale * np.sqrt(2 / np.prod(shape[1:])), shape).astype(np.float32)

    def add(
        self,
        kind: str,
        inputs: Sequence[str],
        formula: Callable[..., Floats],
        weights: Sequence[NDArray[np.generic]] = (),
        **attributes: object,
    ) -> str:
        """An operation of ONNX and its formula, which takes the inputs and then the weights; the name of its value."""
        name = f"{kind.lower()}_{len(self._nodes)}"
        constants = [f"{name}_{number}" for number in range(len(weights))]
        self._constants += [numpy_helper.from_array(*pair) for pair in zip(weights, constants, strict=True)]
        self._nodes.append(helper.make_node(kind, [*inputs, *constants], [name], **attributes))
        self._steps.append((name, inputs, formula, weights))
        return name

    def conv(
        self, value: str, weight: Floats, bias: Floats | None = None, stride: int = 1, padding: int = 0, groups: int = 1
    ) -> str:
        weights = (weight,) if bias is None else (weight, bias)
        sides = {"strides": [stride] * 2, "pads": [padding] * 4, "group": groups}
        numbers = {"stride": stride, "padding": padding, "groups": groups}
        return self.add("Conv", (value,), lambda x, *rest: conv2d(x, *rest, **numbers), weights, **sides)

    def norm(self, value: str, channels: int, plain: int = 0) -> str:
        """Batch normalisation that leaves the first ``plain`` channels as they are."""
        gain, variance = (self._random.uniform(0.7, 1.3, channels).astype(np.float32) for _ in range(2))
        bias, mean = (self._random.normal(0, 0.2, channels).astype(np.float32) for _ in range(2))
        for parameter, nothing in ((gain, 1), (bias, 0), (mean, 0), (variance, 1 - _EPSILON)):
            parameter[:plain] = nothing
        weights = (gain, bias, mean, variance)
        return self.add("BatchNormalization", (value,), batch_norm, weights, epsilon=_EPSILON)

    def relu(self, value: str) -> str:
        return self.add("Relu", (value,), relu)

    def prelu(self, value: str, channels: int) -> str:
        slopes = self._random.uniform(0.1, 0.4, (channels, 1, 1)).astype(np.float32)
        return self.add("PRelu", (value,), prelu, (slopes,))

    def sigmoid(self, value: str) -> str:
        return self.add("Sigmoid", (value,), sigmoid)

    def silu(self, value: str) -> str:
        return self.times(value, self.sigmoid(value))

    def times(self, value: str, other: str) -> str:
        return self.add("Mul", (value, other), np.multiply)

    def averages(self, value: str) -> str:
        """The mean (n, c, 1, 1) of every plane."""
        return self.add("GlobalAveragePool", (value,), lambda x: x.mean(axis=(2, 3), keepdims=True))

    def flattened(self, value: str) -> str:
        return self.add("Flatten", (value,), flattened)

    def dense(self, value: str, weight: Floats, bias: Floats) -> str:
        return self.add("Gemm", (value,), dense, (weight, bias), transB=1)

    def compute(self, output: str, planes: NDArray[np.generic]) -> Floats:
        """What the value of a name is for planes (n, c, h, w)."""
        values = {self.input: planes}
        for name, inputs, formula, weights in self._steps:
            values[name] = formula(*(values[one] for one in inputs), *weights)
        return values[output]

    def write(
        self,
        path: Path,
        shape: Sequence[int | str],
        outputs: dict[str, tuple[str, Sequence[int | str]]],
        lists_constants: bool = False,
    ) -> Path:
        """The file, for pictures of a shape, with outputs of these names: the value that each is, and its shape.

        ``lists_constants``: among the inputs too, as exporters did when the format was young.
        """
        taken = [helper.make_tensor_value_info(self.input, TensorProto.FLOAT, shape)]
        if lists_constants:
            taken += [helper.make_tensor_value_info(one.name, one.data_type, one.dims) for one in self._constants]
        nodes = [*self._nodes, *(helper.make_node("Identity", [outputs[name][0]], [name]) for name in outputs)]
        given = [helper.make_tensor_value_info(name, TensorProto.FLOAT, outputs[name][1]) for name in outputs]
        graph = helper.make_graph(nodes, "layers", taken, given, self._constants)
        onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8), path)
        return path
