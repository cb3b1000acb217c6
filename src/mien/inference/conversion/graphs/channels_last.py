"""Builds ONNX graphs out of operations that think in (height, width, channels), as TensorFlow's do.

ONNX runtimes compute on (n, channels, height, width). Values of that many dimensions are kept so; whatever depends on
the order of the elements, such as flattening, sees them in the order of the source.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mien.domain.errors import ModelCorrupt
from mien.inference.conversion.onnx_nodes import NodeWriter
from mien.inference.conversion.output_names import INPUT

_MOST_ELEMENTS = 1 << 26  # of one value of one picture; a damaged file may ask for any size
_PLANES = 3  # dimensions of a value (h, w, c) without its batch

Array = NDArray[Any]
Shape = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Value:
    """One value of the graph, and its shape in the order of the source, without the batch."""

    name: str
    shape: Shape

    @property
    def is_planes(self) -> bool:
        """Whether it is (h, w, c) for the source and (n, c, h, w) in the graph."""
        return len(self.shape) == _PLANES


@dataclass(frozen=True, slots=True)
class Window:
    """How a kernel (height, width) moves over planes; ``is_same`` is TensorFlow's padding of that name.

    "Same" gives a value for every stride begun, with zeros around; an odd one goes to the bottom and to the right.
    """

    size: tuple[int, int]
    stride: tuple[int, int] = (1, 1)
    is_same: bool = False
    dilation: tuple[int, int] = (1, 1)

    def __post_init__(self) -> None:
        if min(*self.size, *self.stride, *self.dilation) < 1:
            raise ModelCorrupt(f"a window of {self.size} moves by {self.stride}, which none can")

    def over(self, height: int, width: int) -> tuple[tuple[int, int], list[int]]:
        """The size of the result, and the padding as ONNX has it: top, left, bottom, right."""
        sizes, before, after = [], [], []
        for length, size, step, gap in zip((height, width), self.size, self.stride, self.dilation, strict=True):
            reach = (size - 1) * gap + 1
            count = -(-length // step) if self.is_same else (length - reach) // step + 1
            padding = max((count - 1) * step + reach - length, 0) if self.is_same else 0
            sizes.append(count)
            before.append(padding // 2)
            after.append(padding - padding // 2)
        return (sizes[0], sizes[1]), before + after

    def attributes(self, pads: list[int]) -> dict[str, list[int]]:
        return {"kernel_shape": list(self.size), "strides": list(self.stride), "pads": pads}


@dataclass(frozen=True, slots=True)
class ChannelsLastGraph:
    """A graph in the making. Every method that adds something returns its value; ModelCorrupt where it cannot be."""

    input_shape: Shape
    _nodes: NodeWriter = field(default_factory=NodeWriter)

    @property
    def input(self) -> Value:
        """The picture, (h, w, c) for the source and ``images`` (n, c, h, w) in the graph."""
        if len(self.input_shape) != _PLANES:
            raise ModelCorrupt(f"it takes {self.input_shape}, expected is a picture of (height, width, channels)")
        return _value(INPUT, self.input_shape)

    def unary(self, kind: str, value: Value, **attributes: Any) -> Value:
        """An operator of ONNX that works element by element."""
        return _value(self._nodes.node(kind, value.name, **attributes), value.shape)

    def clipped(self, value: Value, low: float, high: float) -> Value:
        return _value(self._nodes.clipped(value.name, low, high), value.shape)

    def softmax(self, value: Value) -> Value:
        """Over the channels, or the last axis of what has none."""
        return self.unary("Softmax", value, axis=1 if value.is_planes else -1)

    def combined(self, kind: str, first: Value, second: Value | Array) -> Value:
        """An operator of ONNX that takes two values, or a value and a constant, broadcast over the last axes."""
        if isinstance(second, Value):
            if len(first.shape) != len(second.shape):
                raise ModelCorrupt(f"values of {first.shape} and {second.shape} do not fit together")
            name, shape = second.name, second.shape
        else:
            name, shape = self._aligned(second, first), second.shape[-len(first.shape) :] if second.ndim else ()
        return _value(self._nodes.node(kind, first.name, name), _broadcast(first.shape, shape))

    def prelu(self, value: Value, slopes: Array) -> Value:
        """``slopes`` for every channel, or for every element (h, w, c)."""
        return self.combined("PRelu", value, slopes)

    def normalised(self, value: Value, gain: Array, bias: Array, mean: Array, variance: Array) -> Value:
        """``(value - mean) / sqrt(variance) * gain + bias`` over the last axis, folded in float64."""
        if {part.shape for part in (gain, bias, mean, variance)} != {value.shape[-1:]}:
            raise ModelCorrupt(f"a normalisation of {mean.shape} does not fit a value of {value.shape}")
        factor = gain.astype(np.float64) / np.sqrt(variance.astype(np.float64))
        scaled = self.combined("Mul", value, factor)
        return self.combined("Add", scaled, bias - mean * factor)

    def convolution(self, value: Value, kernel: Array, bias: Array | None, window: Window) -> Value:
        """``kernel`` is (h, w, in, out); where ``in`` is a part of the channels, in groups."""
        channels = self._planes(value)[2]
        if kernel.ndim != 4 or kernel.shape[2] < 1 or channels % kernel.shape[2]:
            raise ModelCorrupt(f"a kernel of {kernel.shape} does not fit a value of {value.shape}")
        groups = channels // kernel.shape[2]
        return self._convolved(value, kernel.transpose(3, 2, 0, 1), bias, window, groups)

    def depthwise(self, value: Value, kernel: Array, bias: Array | None, window: Window) -> Value:
        """``kernel`` is (h, w, channels, multiplier): every channel on its own gives so many."""
        if kernel.ndim != 4 or kernel.shape[2] != self._planes(value)[2]:
            raise ModelCorrupt(f"a kernel of {kernel.shape} does not fit a value of {value.shape}")
        height, width, channels, multiplier = kernel.shape
        weight = kernel.transpose(2, 3, 0, 1).reshape(channels * multiplier, 1, height, width)
        return self._convolved(value, weight, bias, window, channels)

    def dense(self, value: Value, kernel: Array, bias: Array | None) -> Value:
        """``kernel`` is (in, out), over the last axis."""
        if value.is_planes:
            return self.convolution(value, kernel[None, None], bias, Window((1, 1)))
        if kernel.ndim != 2 or value.shape[-1:] != kernel.shape[:1]:
            raise ModelCorrupt(f"a dense layer of {kernel.shape} does not fit a value of {value.shape}")
        product = self._nodes.node("MatMul", value.name, self._nodes.constant("weight", kernel))
        result = _value(product, (*value.shape[:-1], kernel.shape[1]))
        return result if bias is None else self.combined("Add", result, bias)

    def pooled(self, kind: str, value: Value, window: Window) -> Value:
        """``kind`` is ``"MaxPool"`` or ``"AveragePool"``; padding takes no part in either."""
        height, width, channels = self._planes(value)
        size, pads = window.over(height, width)
        return _value(self._nodes.node(kind, value.name, **window.attributes(pads)), (*size, channels))

    def averaged(self, value: Value, is_kept: bool) -> Value:
        """The mean of every plane: (1, 1, channels) where ``is_kept``, (channels,) otherwise."""
        channels = self._planes(value)[2]
        mean = _value(self._nodes.global_average(value.name), (1, 1, channels))
        return mean if is_kept else _value(self._nodes.flattened(mean.name), (channels,))

    def padded(self, value: Value, before: Sequence[int], after: Sequence[int]) -> Value:
        """Zeros around every axis of the value."""
        if len(before) != len(value.shape) or len(after) != len(value.shape) or min(*before, *after) < 0:
            raise ModelCorrupt(f"a padding of {before} and {after} does not fit a value of {value.shape}")
        order = (2, 0, 1) if value.is_planes else range(len(value.shape))
        pads = [0, *(before[axis] for axis in order), 0, *(after[axis] for axis in order)]
        shape = tuple(map(sum, zip(before, value.shape, after, strict=True)))
        name = self._nodes.node("Pad", value.name, self._nodes.constant("pads", np.array(pads)))
        return _value(name, shape)

    def reshaped(self, value: Value, shape: Sequence[int]) -> Value:
        """The same elements in another shape; one size may be -1."""
        sizes = list(shape)
        if -1 in sizes:
            sizes[sizes.index(-1)] = prod(value.shape) // max(prod(size for size in sizes if size != -1), 1)
        if prod(sizes) != prod(value.shape):
            raise ModelCorrupt(f"a value of {value.shape} cannot become one of {tuple(shape)}")
        name = self._nodes.reshaped(self._in_source_order(value), 0, *sizes)
        if len(sizes) == _PLANES:
            name = self._nodes.transposed(name, 0, 3, 1, 2)
        return _value(name, tuple(sizes))

    def concatenated(self, values: Sequence[Value], axis: int) -> Value:
        """``axis`` counts from 0 without the batch, or from -1 backwards."""
        ranks = {len(value.shape) for value in values}
        rank = ranks.pop() if values else 0
        if ranks or not -rank <= axis < rank:
            raise ModelCorrupt(f"values of {[value.shape for value in values]} cannot be joined at axis {axis}")
        place = axis % rank
        others = {value.shape[:place] + value.shape[place + 1 :] for value in values}
        if len(others) != 1:
            raise ModelCorrupt(f"values of {[value.shape for value in values]} cannot be joined at axis {axis}")
        first = values[0].shape
        shape = (*first[:place], sum(value.shape[place] for value in values), *first[place + 1 :])
        graph_axis = 1 + ((1, 2, 0)[place] if rank == _PLANES else place)
        return _value(self._nodes.concatenated(*(value.name for value in values), axis=graph_axis), shape)

    def resized(self, value: Value, height: int, width: int, coordinates: str) -> Value:
        """Bilinear, by whole factors; ``coordinates`` is ONNX's name of how pixels of both sizes correspond."""
        rows, columns, channels = self._planes(value)
        if height % rows or width % columns:
            raise ModelCorrupt(f"a value of {value.shape} becomes one of {height}×{width} px, which is no whole factor")
        factors = self._nodes.constant("factors", np.array([1.0, 1.0, height / rows, width / columns]))
        name = self._nodes.node(
            "Resize", value.name, "", factors, mode="linear", coordinate_transformation_mode=coordinates
        )
        return _value(name, (height, width, channels))

    def depth_to_space(self, value: Value, block: int) -> Value:
        """Every ``block``² channels become a square of px."""
        height, width, channels = self._planes(value)
        if block < 1 or channels % block**2:
            raise ModelCorrupt(f"{channels} channels make no squares of {block} px")
        name = self._nodes.node("DepthToSpace", value.name, blocksize=block, mode="DCR")
        return _value(name, (height * block, width * block, channels // block**2))

    def output(self, name: str, value: Value) -> None:
        """Let the graph give a value under this name, in the shape and order of the source."""
        ordered = self._in_source_order(value)
        if value.is_planes and prod(value.shape[:2]) == 1:
            ordered = self._nodes.reshaped(ordered, 0, *value.shape)
        self._nodes.output(name, ordered, value.shape)

    def state(self, key: str, text: str) -> None:
        """Let the file say something of itself in its metadata."""
        self._nodes.state(key, text)

    def write(self, path: Path) -> None:
        """Write the file, as `NodeWriter.write` does."""
        height, width, channels = self.input_shape
        self._nodes.write(path, (channels, height, width))

    def _convolved(self, value: Value, weight: Array, bias: Array | None, window: Window, groups: int) -> Value:
        """``weight`` is ONNX's: (out, in / groups, h, w)."""
        fits = window.size == weight.shape[2:] and not len(weight) % groups
        if not fits or (bias is not None and bias.shape != weight.shape[:1]):
            raise ModelCorrupt(f"a kernel of {weight.shape} does not fit its layer")
        size, pads = window.over(*self._planes(value)[:2])
        inputs = [self._nodes.constant("weight", weight)]
        inputs += [] if bias is None else [self._nodes.constant("bias", bias)]
        attributes = window.attributes(pads) | {"dilations": list(window.dilation), "group": groups}
        return _value(self._nodes.node("Conv", value.name, *inputs, **attributes), (*size, weight.shape[0]))

    def _aligned(self, constant: Array, value: Value) -> str:
        """A constant in the order in which the graph keeps the value it meets."""
        rank = len(value.shape)
        if constant.ndim > rank + 1 or (constant.ndim == rank + 1 and constant.shape[0] != 1):
            raise ModelCorrupt(f"a constant of {constant.shape} does not fit a value of {value.shape}")
        shape = (1,) * (rank - constant.ndim) + constant.shape[-rank:] if constant.ndim else ()
        constant = constant.reshape(shape)
        return self._nodes.constant("constant", constant.transpose(2, 0, 1) if len(shape) == _PLANES else constant)

    def _in_source_order(self, value: Value) -> str:
        """The name of the value with channels last; of single px the order is the same."""
        if not value.is_planes or prod(value.shape[:2]) == 1:
            return value.name
        return self._nodes.transposed(value.name, 0, 2, 3, 1)

    @staticmethod
    def _planes(value: Value) -> tuple[int, int, int]:
        if not value.is_planes:
            raise ModelCorrupt(f"an operation on (height, width, channels) meets a value of {value.shape}")
        height, width, channels = value.shape
        return height, width, channels


def _value(name: str, shape: Shape) -> Value:
    if min(shape, default=0) < 1 or prod(shape) > _MOST_ELEMENTS:
        raise ModelCorrupt(f"one of its values would be of the shape {shape}")
    return Value(name, shape)


def _broadcast(first: Shape, second: Shape) -> Shape:
    try:
        return np.broadcast_shapes(first, second)
    except ValueError as error:
        raise ModelCorrupt(f"values of {first} and {second} do not fit together") from error
