"""TensorFlow Lite networks become ONNX files, operation by operation."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from mien.domain.errors import ModelCorrupt
from mien.inference.conversion.graphs.channels_last import ChannelsLastGraph, Value, Window
from mien.inference.conversion.readers.tflite_file import TfliteGraph, TfliteOperation, read_tflite

_SAME = 0  # the padding of that name; 1 is "valid"
_NO_ACTIVATION, _RELU, _RELU6 = 0, 1, 3

Array = NDArray[Any]


def convert(source: Path, target: Path) -> None:
    """Write ``target``: ``images`` (n, c, h, w) to the outputs of the file, which keep their names, shapes and order.

    Raises ModelCorrupt, with nothing at ``target``, where the file is broken or uses what is not read.
    """
    graph = read_tflite(source)
    try:
        if len(graph.inputs) != 1:
            raise ModelCorrupt(f"it has {len(graph.inputs)} inputs, one is expected")
        _Conversion(graph, ChannelsLastGraph(graph.tensors[graph.inputs[0]].shape[1:])).write(target)
    except ModelCorrupt as error:
        raise ModelCorrupt(f"{source.name} cannot be converted: {error}") from error
    except (IndexError, KeyError, TypeError, ValueError) as error:
        raise ModelCorrupt(f"{source.name} cannot be converted: one of its operations is broken") from error


@dataclass(frozen=True, slots=True)
class _Conversion:
    """One graph on its way: the values of its tensors so far, by index."""

    source: TfliteGraph
    graph: ChannelsLastGraph
    values: dict[int, Value] = field(default_factory=dict)
    constants: dict[int, Array] = field(default_factory=dict)

    def write(self, target: Path) -> None:
        self.values[self.source.inputs[0]] = self.graph.input
        self.constants.update(
            (index, tensor.values) for index, tensor in enumerate(self.source.tensors) if tensor.values is not None
        )
        for operation in self.source.operations:
            self._add(operation)
        for index in self.source.outputs:
            self.graph.output(self.source.tensors[index].name, self.values[index])
        self.graph.write(target)

    def _add(self, operation: TfliteOperation) -> None:
        (output,) = operation.outputs
        tensor = self.source.tensors[output]
        if operation.kind in ("DEQUANTIZE", "DENSIFY"):  # of constants, which are read as what they become
            self.constants[output] = self._constant(operation.inputs[0])
            return
        try:
            value = self._activated(_OPERATIONS[operation.kind](self, operation), operation)
        except ModelCorrupt as error:
            raise ModelCorrupt(f"its {operation.kind} to {tensor.name}: {error}") from error
        if value.shape != tensor.shape[1:]:
            raise ModelCorrupt(f"its {operation.kind} gives {value.shape}, the file says {tensor.shape[1:]}")
        self.values[output] = value

    def _activated(self, value: Value, operation: TfliteOperation) -> Value:
        activation = operation.options.get("activation", _NO_ACTIVATION)
        if activation == _RELU:
            return self.graph.unary("Relu", value)
        if activation == _RELU6:
            return self.graph.clipped(value, 0.0, 6.0)
        if activation != _NO_ACTIVATION:
            raise ModelCorrupt(f"it uses activation {activation} of the schema, which is not read")
        return value

    def _value(self, index: int) -> Value:
        if index not in self.values:
            raise ModelCorrupt(f"it takes tensor {index}, which nothing gives")
        return self.values[index]

    def _constant(self, index: int) -> Array:
        if index not in self.constants:
            raise ModelCorrupt(f"it takes tensor {index}, which is no constant")
        return self.constants[index]

    def convolution(self, operation: TfliteOperation) -> Value:
        value, kernel, bias = operation.inputs
        weight = self._constant(kernel).transpose(1, 2, 3, 0)  # from (out, h, w, in)
        return self.graph.convolution(self._value(value), weight, self._bias(bias), _window(operation, weight.shape))

    def depthwise(self, operation: TfliteOperation) -> Value:
        value, kernel, bias = operation.inputs
        planes = self._value(value)
        weight = self._constant(kernel)  # (1, h, w, channels · multiplier)
        weight = weight.reshape(*weight.shape[1:3], planes.shape[-1], -1)
        return self.graph.depthwise(planes, weight, self._bias(bias), _window(operation, weight.shape))

    def _bias(self, index: int) -> Array | None:
        return None if index < 0 else self._constant(index)

    def sum(self, operation: TfliteOperation) -> Value:
        first, second = operation.inputs
        if first in self.constants:
            first, second = second, first
        other = self.constants[second] if second in self.constants else self._value(second)
        return self.graph.combined("Add", self._value(first), other)

    def max_pool(self, operation: TfliteOperation) -> Value:
        size = operation.options["filter_h"], operation.options["filter_w"]
        return self.graph.pooled("MaxPool", self._value(operation.inputs[0]), _window(operation, size))

    def relu(self, operation: TfliteOperation) -> Value:
        return self.graph.unary("Relu", self._value(operation.inputs[0]))

    def prelu(self, operation: TfliteOperation) -> Value:
        value, slopes = operation.inputs
        return self.graph.prelu(self._value(value), self._constant(slopes))

    def padded(self, operation: TfliteOperation) -> Value:
        value, sides = operation.inputs
        batch, *rest = self._constant(sides).tolist()
        if any(batch):
            raise ModelCorrupt("it pads the batch")
        return self.graph.padded(self._value(value), [before for before, _ in rest], [after for _, after in rest])

    def reshaped(self, operation: TfliteOperation) -> Value:
        return self.graph.reshaped(
            self._value(operation.inputs[0]), self.source.tensors[operation.outputs[0]].shape[1:]
        )

    def concatenated(self, operation: TfliteOperation) -> Value:
        axis = operation.options["axis"]
        if axis == 0:
            raise ModelCorrupt("it joins batches")
        values = [self._value(index) for index in operation.inputs]
        return self.graph.concatenated(values, axis if axis < 0 else axis - 1)

    def resized(self, operation: TfliteOperation) -> Value:
        value, size = operation.inputs
        height, width = self._constant(size).tolist()
        coordinates = "half_pixel" if operation.options["half_pixel"] else "asymmetric"
        coordinates = "align_corners" if operation.options["align_corners"] else coordinates
        return self.graph.resized(self._value(value), height, width, coordinates)

    def depth_to_space(self, operation: TfliteOperation) -> Value:
        return self.graph.depth_to_space(self._value(operation.inputs[0]), operation.options["block"])


def _window(operation: TfliteOperation, size: tuple[int, ...]) -> Window:
    options = operation.options
    return Window(
        (size[0], size[1]),
        (options["stride_h"], options["stride_w"]),
        options["padding"] == _SAME,
        (options.get("dilation_h", 1), options.get("dilation_w", 1)),
    )


_OPERATIONS: Mapping[str, Callable[[_Conversion, TfliteOperation], Value]] = {
    "ADD": _Conversion.sum,
    "CONCATENATION": _Conversion.concatenated,
    "CONV_2D": _Conversion.convolution,
    "DEPTHWISE_CONV_2D": _Conversion.depthwise,
    "DEPTH_TO_SPACE": _Conversion.depth_to_space,
    "MAX_POOL_2D": _Conversion.max_pool,
    "PAD": _Conversion.padded,
    "PRELU": _Conversion.prelu,
    "RELU": _Conversion.relu,
    "RESHAPE": _Conversion.reshaped,
    "RESIZE_BILINEAR": _Conversion.resized,
}
