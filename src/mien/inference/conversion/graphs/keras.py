"""Keras networks become ONNX files, layer by layer."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from mien.domain.errors import ModelCorrupt
from mien.inference.conversion.graphs.channels_last import ChannelsLastGraph, Value, Window
from mien.inference.conversion.output_names import LOGITS, PROBABILITIES
from mien.inference.conversion.readers.keras_file import Floats, KerasLayer, read_network
from mien.inference.file_metadata import STATED_INPUT

_EPSILON = 1e-3  # of a BatchNormalization that does not say
_SLOPE = 0.3  # of a LeakyReLU that does not say


def convert(source: Path, target: Path) -> None:
    """Write ``target``: ``images`` (n, c, h, w) to ``probabilities`` (n, k) where the network ends in a softmax, and to
    ``logits`` (n, k) where it ends in plain scores. Where the network scales pixels itself, the metadata of the file
    say so, as the mean 0 and the scale 1 that are left to do. Raises ModelCorrupt, with nothing at ``target``.
    """
    network = read_network(source)
    try:
        inputs = [layer for layer in network.layers if layer.kind == "InputLayer"]
        if len(inputs) != 1:
            raise ModelCorrupt(f"it has {len(inputs)} inputs, one is expected")
        graph = ChannelsLastGraph(_input_shape(inputs[0]))
        values = {inputs[0].name: graph.input}
        for layer in network.layers:
            if layer.kind not in (*_LAYERS, *_MERGES, *_IDENTITIES, "InputLayer"):
                raise ModelCorrupt(_refusal(layer))
            if layer is not inputs[0]:
                values[layer.name] = _Conversion(graph, layer).result([values[name] for name in layer.inputs])
        graph.output(_output_name(network.layers, network.output), values[network.output])
        if any(layer.kind == "Rescaling" for layer in network.layers):
            graph.state(STATED_INPUT, json.dumps({"mean": 0, "scale": 1}))
        graph.write(target)
    except ModelCorrupt as error:
        raise ModelCorrupt(f"{source.name} cannot be converted: {error}") from error


def _refusal(layer: KerasLayer) -> str:
    if layer.kind in ("Lambda", "TFOpLambda", "SlicingOpLambda"):
        return f"its layer {layer.name} is a {layer.kind}, which carries Python code; no code of a model file is run"
    known = ", ".join((*_LAYERS, *_MERGES, *_IDENTITIES))
    return f"its layer {layer.name} is a {layer.kind}, which is none of those that are read: {known}"


def _input_shape(layer: KerasLayer) -> tuple[int, ...]:
    shape = layer.config.get("batch_input_shape") or layer.config.get("batch_shape")
    if not isinstance(shape, list) or not all(isinstance(size, int) for size in shape[1:]):
        raise ModelCorrupt(f"it takes an input of {shape}, expected is a picture of a fixed size")
    return tuple(shape[1:])


def _output_name(layers: tuple[KerasLayer, ...], output: str) -> str:
    """What the numbers of the last layer are."""
    last = next(layer for layer in layers if layer.name == output)
    activation = last.config.get("activation", "linear")
    if activation not in ("softmax", "linear"):
        raise ModelCorrupt(f"it ends in {activation}, expected is softmax, or the plain scores of classes")
    return PROBABILITIES if activation == "softmax" else LOGITS


@dataclass(frozen=True, slots=True)
class _Conversion:
    """One layer on its way into the graph."""

    graph: ChannelsLastGraph
    layer: KerasLayer

    def result(self, inputs: list[Value]) -> Value:
        """What the layer makes of the values it takes."""
        layer = self.layer
        try:
            if layer.kind in _MERGES:
                return _MERGES[layer.kind](self, inputs)
            (value,) = inputs
            if layer.kind in _IDENTITIES:
                return value
            if self._setting("data_format", "channels_last") != "channels_last":
                raise ModelCorrupt("it has the channels first, expected are channels last")
            return self._activated(_LAYERS[layer.kind](self, value))
        except ModelCorrupt as error:
            raise ModelCorrupt(f"its layer {layer.name} ({layer.kind}): {error}") from error
        except (KeyError, TypeError, ValueError, IndexError) as error:
            raise ModelCorrupt(f"its layer {layer.name} ({layer.kind}) is described wrongly") from error

    def convolution(self, value: Value) -> Value:
        (kernel,), bias = self._kernels_and_bias(1)
        return self.graph.convolution(value, kernel, bias, self._window("kernel_size"))

    def depthwise(self, value: Value) -> Value:
        (kernel,), bias = self._kernels_and_bias(1)
        return self.graph.depthwise(value, kernel, bias, self._window("kernel_size"))

    def separable(self, value: Value) -> Value:
        (depthwise, pointwise), bias = self._kernels_and_bias(2)
        value = self.graph.depthwise(value, depthwise, None, self._window("kernel_size"))
        return self.graph.convolution(value, pointwise, bias, Window((1, 1)))

    def dense(self, value: Value) -> Value:
        (kernel,), bias = self._kernels_and_bias(1)
        return self.graph.dense(value, kernel, bias)

    def batch_norm(self, value: Value) -> Value:
        axis = self._setting("axis", -1)
        axis = axis[0] if isinstance(axis, list) else axis
        if axis not in (-1, len(value.shape)) or self._setting("mode", 0) != 0:
            raise ModelCorrupt(f"it normalises along axis {axis}, expected are the channels")
        has_gain, has_bias = bool(self._setting("scale", True)), bool(self._setting("center", True))
        self._expect_weights(2 + has_gain + has_bias)
        mean, variance = self.layer.weights[-2:]
        gain = self.layer.weights[0] if has_gain else np.ones_like(mean)
        bias = self.layer.weights[has_gain] if has_bias else np.zeros_like(mean)
        epsilon = float(self._setting("epsilon", _EPSILON))
        return self.graph.normalised(value, gain, bias, mean, variance.astype(np.float64) + epsilon)

    def max_pool(self, value: Value) -> Value:
        return self.graph.pooled("MaxPool", value, self._window("pool_size"))

    def average_pool(self, value: Value) -> Value:
        return self.graph.pooled("AveragePool", value, self._window("pool_size"))

    def averaged(self, value: Value) -> Value:
        return self.graph.averaged(value, is_kept=bool(self._setting("keepdims", False)))

    def padded(self, value: Value) -> Value:
        rows, columns = (_pair(sides) for sides in _both(self.layer.config["padding"]))
        return self.graph.padded(value, (rows[0], columns[0], 0), (rows[1], columns[1], 0))

    def flattened(self, value: Value) -> Value:
        return self.graph.reshaped(value, (-1,))

    def reshaped(self, value: Value) -> Value:
        return self.graph.reshaped(value, [int(size) for size in self.layer.config["target_shape"]])

    def rescaled(self, value: Value) -> Value:
        scaled = self.graph.combined("Mul", value, np.array(self.layer.config["scale"], np.float64))
        return self.graph.combined("Add", scaled, np.array(self._setting("offset", 0.0), np.float64))

    def activation(self, value: Value) -> Value:
        return value  # the activation of any layer is added behind it

    def relu(self, value: Value) -> Value:
        if self._setting("negative_slope", 0.0) or self._setting("threshold", 0.0):
            raise ModelCorrupt("it has a slope or a threshold, which is not read")
        highest = self.layer.config.get("max_value")
        return self.graph.unary("Relu", value) if highest is None else self.graph.clipped(value, 0.0, float(highest))

    def leaky_relu(self, value: Value) -> Value:
        slope = self._setting("negative_slope", self._setting("alpha", _SLOPE))  # of Keras 3, of those before
        return self.graph.unary("LeakyRelu", value, alpha=float(slope))

    def prelu(self, value: Value) -> Value:
        self._expect_weights(1)
        return self.graph.prelu(value, self.layer.weights[0])

    def elu(self, value: Value) -> Value:
        return self.graph.unary("Elu", value, alpha=float(self._setting("alpha", 1.0)))

    def sum(self, inputs: list[Value]) -> Value:
        total, *others = inputs
        for value in others:
            total = self.graph.combined("Add", total, value)
        return total

    def concatenated(self, inputs: list[Value]) -> Value:
        axis = int(self._setting("axis", -1))
        return self.graph.concatenated(inputs, axis if axis < 0 else axis - 1)

    def _activated(self, value: Value) -> Value:
        """The value behind the activation that the layer names."""
        name = self._setting("activation", "linear")
        if not isinstance(name, str):
            raise ModelCorrupt("its activation is a piece of Python code; no code of a model file is run")
        match name:
            case "linear":
                return value
            case "relu6":
                return self.graph.clipped(value, 0.0, 6.0)
            case "softmax":
                return self.graph.softmax(value)
            case "swish" | "silu":
                return self.graph.combined("Mul", value, self.graph.unary("Sigmoid", value))
        if name not in _ACTIVATIONS:
            raise ModelCorrupt(f"its activation is {name!r}, which is not read")
        return self.graph.unary(_ACTIVATIONS[name], value)

    def _setting(self, key: str, default: Any) -> Any:
        """A setting of the layer, where it is there and not null."""
        value = self.layer.config.get(key)
        return default if value is None else value

    def _kernels_and_bias(self, kernels: int) -> tuple[tuple[Floats, ...], Floats | None]:
        has_bias = bool(self._setting("use_bias", True))
        self._expect_weights(kernels + has_bias)
        return self.layer.weights[:kernels], self.layer.weights[kernels] if has_bias else None

    def _expect_weights(self, count: int) -> None:
        if len(self.layer.weights) != count:
            raise ModelCorrupt(f"the file holds {len(self.layer.weights)} of its {count} weights")

    def _window(self, size: str) -> Window:
        sizes = _pair(self.layer.config[size])
        padding = self._setting("padding", "valid")
        if padding not in ("same", "valid"):
            raise ModelCorrupt(f"its padding is {padding!r}, expected is same or valid")
        strides = self._setting("strides", sizes if size == "pool_size" else 1)
        return Window(sizes, _pair(strides), padding == "same", _pair(self._setting("dilation_rate", 1)))


def _pair(value: Any) -> tuple[int, int]:
    first, second = _both(value)
    return int(first), int(second)


def _both(value: Any) -> Any:
    return (value, value) if isinstance(value, int) else value


_ACTIVATIONS = {"relu": "Relu", "sigmoid": "Sigmoid", "tanh": "Tanh", "elu": "Elu"}
_IDENTITIES = (
    "Identity",
    "Dropout",
    "SpatialDropout2D",
    "GaussianDropout",
    "GaussianNoise",
    "ActivityRegularization",
    "RandomFlip",
    "RandomRotation",
    "RandomZoom",
    "RandomTranslation",
    "RandomContrast",
    "RandomBrightness",
)  # what does nothing once training is over
_MERGES: Mapping[str, Callable[[_Conversion, list[Value]], Value]] = {
    "Add": _Conversion.sum,
    "Concatenate": _Conversion.concatenated,
}
_LAYERS: Mapping[str, Callable[[_Conversion, Value], Value]] = {
    "Conv2D": _Conversion.convolution,
    "DepthwiseConv2D": _Conversion.depthwise,
    "SeparableConv2D": _Conversion.separable,
    "Dense": _Conversion.dense,
    "BatchNormalization": _Conversion.batch_norm,
    "MaxPooling2D": _Conversion.max_pool,
    "AveragePooling2D": _Conversion.average_pool,
    "GlobalAveragePooling2D": _Conversion.averaged,
    "ZeroPadding2D": _Conversion.padded,
    "Flatten": _Conversion.flattened,
    "Reshape": _Conversion.reshaped,
    "Rescaling": _Conversion.rescaled,
    "Activation": _Conversion.activation,
    "ReLU": _Conversion.relu,
    "LeakyReLU": _Conversion.leaky_relu,
    "PReLU": _Conversion.prelu,
    "ELU": _Conversion.elu,
}
