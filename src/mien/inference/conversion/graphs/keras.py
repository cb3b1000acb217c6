"""Keras networks become ONNX files, layer by layer."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from mien.domain.errors import ModelCorrupt
from mien.inference.conversion.graphs.channels_last import ChannelsLastGraph, Value, Window
from mien.inference.conversion.output_names import LOGITS, PROBABILITIES
from mien.inference.conversion.readers.keras_file import Floats, KerasLayer, read_network

_EPSILON = 1e-3  # of a BatchNormalization that does not say
_SLOPE = 0.3  # of a LeakyReLU that does not say
_LAST = (-1, 3)  # how the axis of the channels is written


def convert(source: Path, target: Path) -> None:
    """Write ``target``: ``images`` (n, c, h, w) to ``probabilities`` (n, k) where the network ends in a softmax, and to
    ``logits`` (n, k) where it ends in plain scores. Raises ModelCorrupt, with nothing at ``target``.
    """
    network = read_network(source)
    try:
        inputs = [layer for layer in network.layers if layer.kind == "InputLayer"]
        if len(inputs) != 1:
            raise ModelCorrupt(f"it has {len(inputs)} inputs, one is expected")
        graph = ChannelsLastGraph(_input_shape(inputs[0]))
        values = {inputs[0].name: graph.input}
        for layer in network.layers:
            if layer is not inputs[0]:
                values[layer.name] = _added(graph, layer, [values[name] for name in layer.inputs])
        graph.output(_output_name(network.layers, network.output), values[network.output])
        graph.write(target)
    except ModelCorrupt as error:
        raise ModelCorrupt(f"{source.name} cannot be converted: {error}") from error


def _added(graph: ChannelsLastGraph, layer: KerasLayer, inputs: list[Value]) -> Value:
    build = _LAYERS.get(layer.kind)
    if build is None:
        raise ModelCorrupt(_refusal(layer))
    if layer.config.get("data_format", "channels_last") != "channels_last":
        raise ModelCorrupt(f"its layer {layer.name} has the channels first, expected are channels last")
    try:
        return build(graph, layer, inputs)
    except ModelCorrupt as error:
        raise ModelCorrupt(f"its layer {layer.name} ({layer.kind}): {error}") from error
    except (KeyError, TypeError, ValueError, IndexError) as error:
        reason = f"{type(error).__name__}: {error}"
        raise ModelCorrupt(
            f"its layer {layer.name} ({layer.kind}) is described in a way not read ({reason})"
        ) from error


def _refusal(layer: KerasLayer) -> str:
    if layer.kind in ("Lambda", "TFOpLambda", "SlicingOpLambda"):
        return f"its layer {layer.name} is a {layer.kind}, which carries Python code; no code of a model file is run"
    return f"its layer {layer.name} is a {layer.kind}, which is none of those that are read: {', '.join(_LAYERS)}"


def _input_shape(layer: KerasLayer) -> tuple[int, ...]:
    shape = layer.config.get("batch_input_shape") or layer.config.get("batch_shape")
    if not isinstance(shape, list) or not all(isinstance(size, int) for size in shape[1:]):
        raise ModelCorrupt(f"it takes an input of {shape}, expected is a picture of a fixed size")
    return tuple(shape[1:])


def _output_name(layers: tuple[KerasLayer, ...], output: str) -> str:
    """What the numbers of the last layer are."""
    last = next(layer for layer in layers if layer.name == output)
    activation = "softmax" if last.kind == "Softmax" else last.config.get("activation", "linear")
    if activation not in ("softmax", "linear"):
        raise ModelCorrupt(f"it ends in {activation}, expected is softmax, or the plain scores of classes")
    return PROBABILITIES if activation == "softmax" else LOGITS


def _convolution(graph: ChannelsLastGraph, layer: KerasLayer, inputs: list[Value]) -> Value:
    kernel, bias = _kernels_and_bias(layer, 1)
    return _activated(graph, layer, graph.convolution(*inputs, kernel[0], bias, _window(layer, "kernel_size")))


def _depthwise(graph: ChannelsLastGraph, layer: KerasLayer, inputs: list[Value]) -> Value:
    kernel, bias = _kernels_and_bias(layer, 1)
    return _activated(graph, layer, graph.depthwise(*inputs, kernel[0], bias, _window(layer, "kernel_size")))


def _separable(graph: ChannelsLastGraph, layer: KerasLayer, inputs: list[Value]) -> Value:
    (depthwise, pointwise), bias = _kernels_and_bias(layer, 2)
    value = graph.depthwise(*inputs, depthwise, None, _window(layer, "kernel_size"))
    return _activated(graph, layer, graph.convolution(value, pointwise, bias, Window((1, 1))))


def _dense(graph: ChannelsLastGraph, layer: KerasLayer, inputs: list[Value]) -> Value:
    (kernel,), bias = _kernels_and_bias(layer, 1)
    return _activated(graph, layer, graph.dense(*inputs, kernel, bias))


def _kernels_and_bias(layer: KerasLayer, kernels: int) -> tuple[tuple[Floats, ...], Floats | None]:
    has_bias = bool(layer.config.get("use_bias", True))
    _expect_weights(layer, kernels + has_bias)
    return layer.weights[:kernels], layer.weights[kernels] if has_bias else None


def _expect_weights(layer: KerasLayer, count: int) -> None:
    if len(layer.weights) != count:
        raise ModelCorrupt(f"the file holds {len(layer.weights)} of its {count} weights")


def _batch_norm(graph: ChannelsLastGraph, layer: KerasLayer, inputs: list[Value]) -> Value:
    (value,) = inputs
    axis = layer.config.get("axis", -1)
    axis = axis[0] if isinstance(axis, list) else axis
    if axis not in (-1, len(value.shape)) or layer.config.get("mode", 0) != 0:
        raise ModelCorrupt(f"it normalises along axis {axis}, expected are the channels")
    has_gain, has_bias = (bool(layer.config.get(key, True)) for key in ("scale", "center"))
    _expect_weights(layer, 2 + has_gain + has_bias)
    mean, variance = layer.weights[-2:]
    gain = layer.weights[0] if has_gain else np.ones_like(mean)
    bias = layer.weights[has_gain] if has_bias else np.zeros_like(mean)
    return graph.normalised(value, gain, bias, mean, variance + layer.config.get("epsilon", _EPSILON))


def _pooled(kind: str) -> Callable[[ChannelsLastGraph, KerasLayer, list[Value]], Value]:
    def build(graph: ChannelsLastGraph, layer: KerasLayer, inputs: list[Value]) -> Value:
        return graph.pooled(kind, *inputs, _window(layer, "pool_size"))

    return build


def _averaged(graph: ChannelsLastGraph, layer: KerasLayer, inputs: list[Value]) -> Value:
    return graph.averaged(*inputs, is_kept=bool(layer.config.get("keepdims", False)))


def _window(layer: KerasLayer, size: str) -> Window:
    sizes = _pair(layer.config[size])
    padding = layer.config.get("padding", "valid")
    if padding not in ("same", "valid"):
        raise ModelCorrupt(f"its padding is {padding!r}, expected is same or valid")
    strides = layer.config.get("strides") or (sizes if size == "pool_size" else 1)
    return Window(sizes, _pair(strides), padding == "same", _pair(layer.config.get("dilation_rate", 1)))


def _pair(value: Any) -> tuple[int, int]:
    first, second = (value, value) if isinstance(value, int) else value
    return int(first), int(second)


def _zero_padded(graph: ChannelsLastGraph, layer: KerasLayer, inputs: list[Value]) -> Value:
    rows, columns = (_pair(sides) for sides in _sides(layer.config["padding"]))
    return graph.padded(*inputs, (rows[0], columns[0], 0), (rows[1], columns[1], 0))


def _sides(padding: Any) -> Any:
    return (padding, padding) if isinstance(padding, int) else padding


def _flattened(graph: ChannelsLastGraph, layer: KerasLayer, inputs: list[Value]) -> Value:
    return graph.reshaped(*inputs, (-1,))


def _reshaped(graph: ChannelsLastGraph, layer: KerasLayer, inputs: list[Value]) -> Value:
    return graph.reshaped(*inputs, [int(size) for size in layer.config["target_shape"]])


def _sum(graph: ChannelsLastGraph, layer: KerasLayer, inputs: list[Value]) -> Value:
    total, *others = inputs
    for value in others:
        total = graph.combined("Add", total, value)
    return total


def _concatenated(graph: ChannelsLastGraph, layer: KerasLayer, inputs: list[Value]) -> Value:
    axis = int(layer.config.get("axis", -1))
    return graph.concatenated(inputs, axis if axis < 0 else axis - 1)


def _rescaled(graph: ChannelsLastGraph, layer: KerasLayer, inputs: list[Value]) -> Value:
    (value,) = inputs
    scaled = graph.combined("Mul", value, np.array(layer.config["scale"], np.float64))
    return graph.combined("Add", scaled, np.array(layer.config.get("offset", 0.0), np.float64))


def _same(graph: ChannelsLastGraph, layer: KerasLayer, inputs: list[Value]) -> Value:
    (value,) = inputs
    return value


def _relu(graph: ChannelsLastGraph, layer: KerasLayer, inputs: list[Value]) -> Value:
    (value,) = inputs
    highest, slope, threshold = (layer.config.get(key) for key in ("max_value", "negative_slope", "threshold"))
    if slope or threshold:
        raise ModelCorrupt("it has a slope or a threshold, which is not read")
    return graph.unary("Relu", value) if highest is None else graph.clipped(value, 0.0, float(highest))


def _leaky_relu(graph: ChannelsLastGraph, layer: KerasLayer, inputs: list[Value]) -> Value:
    slope = layer.config.get("negative_slope", layer.config.get("alpha", _SLOPE))  # of Keras 3, of those before
    return graph.unary("LeakyRelu", *inputs, alpha=float(slope))


def _prelu(graph: ChannelsLastGraph, layer: KerasLayer, inputs: list[Value]) -> Value:
    _expect_weights(layer, 1)
    return graph.prelu(*inputs, layer.weights[0])


def _elu(graph: ChannelsLastGraph, layer: KerasLayer, inputs: list[Value]) -> Value:
    return graph.unary("Elu", *inputs, alpha=float(layer.config.get("alpha", 1.0)))


def _activation(graph: ChannelsLastGraph, layer: KerasLayer, inputs: list[Value]) -> Value:
    (value,) = inputs
    return _activated(graph, layer, value)


def _activated(graph: ChannelsLastGraph, layer: KerasLayer, value: Value) -> Value:
    """The value behind the activation that the layer names."""
    name = layer.config.get("activation", "linear") or "linear"
    if not isinstance(name, str):
        raise ModelCorrupt("its activation is a piece of Python code; no code of a model file is run")
    match name:
        case "linear":
            return value
        case "relu6":
            return graph.clipped(value, 0.0, 6.0)
        case "softmax":
            return graph.softmax(value)
        case "swish" | "silu":
            return graph.combined("Mul", value, graph.unary("Sigmoid", value))
    if name not in _ACTIVATIONS:
        raise ModelCorrupt(f"its activation is {name!r}, which is not read")
    return graph.unary(_ACTIVATIONS[name], value)


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
)
_LAYERS: Mapping[str, Callable[[ChannelsLastGraph, KerasLayer, list[Value]], Value]] = {
    "Conv2D": _convolution,
    "DepthwiseConv2D": _depthwise,
    "SeparableConv2D": _separable,
    "Dense": _dense,
    "BatchNormalization": _batch_norm,
    "MaxPooling2D": _pooled("MaxPool"),
    "AveragePooling2D": _pooled("AveragePool"),
    "GlobalAveragePooling2D": _averaged,
    "ZeroPadding2D": _zero_padded,
    "Flatten": _flattened,
    "Reshape": _reshaped,
    "Add": _sum,
    "Concatenate": _concatenated,
    "Rescaling": _rescaled,
    "Activation": _activation,
    "ReLU": _relu,
    "LeakyReLU": _leaky_relu,
    "PReLU": _prelu,
    "ELU": _elu,
} | dict.fromkeys(_IDENTITIES, _same)
