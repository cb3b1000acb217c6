"""Writes small networks as ONNX files from the tensors of a checkpoint: the layers that have weights."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mien.domain.errors import ModelCorrupt
from mien.inference.conversion.onnx_nodes import NodeWriter, Size

Floats = NDArray[np.float32]
Doubles = NDArray[np.float64]
Padding = int | tuple[int, int] | tuple[int, int, int, int]


class GraphWriter(NodeWriter):
    """A graph whose layers are named as in the checkpoint, in torch's way: ``layer.weight``, ``layer.bias``.

    Each method returns the name of its value. A layer without ``layer.bias`` has none. ``norm`` names a batch
    normalisation that follows at once: it is folded into the weights, in float64 so that nothing is lost. Raises
    ModelCorrupt where the checkpoint lacks a tensor or has it in another shape.
    """

    def __init__(self, tensors: Mapping[str, Floats], norm_epsilon: float = 1e-5) -> None:
        super().__init__()
        self._tensors = tensors
        self._norm_epsilon = norm_epsilon
        self._used: set[str] = set()

    def tensor(self, name: str, shape: tuple[int | None, ...] | None = None) -> Floats:
        """A tensor of the checkpoint, of the given shape where one is given; None is a dimension of any size."""
        found = self._tensors.get(name)
        if found is None or (shape is not None and not _fits(found.shape, shape)):
            there = "is missing" if found is None else f"has the shape {found.shape}"
            wanted = f", expected {str(shape).replace('None', 'any')}" if shape is not None else ""
            raise ModelCorrupt(f"the checkpoint is of another network: {name} {there}{wanted}")
        self._used.add(name)
        return found

    def width(self, layer: str) -> int:
        """How many channels or numbers a layer gives: the first size of its weight."""
        return len(np.atleast_1d(self.tensor(f"{layer}.weight")))

    def holds(self, layer: str) -> bool:
        """Whether the checkpoint has a tensor of this name or any below it."""
        return layer in self._tensors or any(name.startswith(f"{layer}.") for name in self._tensors)

    def depth(self, layer: str) -> int:
        """How many layers are numbered ``layer.0``, ``layer.1``, … without a gap."""
        count = 0
        while self.holds(f"{layer}.{count}"):
            count += 1
        return count

    def convolution(
        self,
        value: str,
        layer: str,
        norm: str = "",
        stride: int | tuple[int, int] = 1,
        padding: Padding = 0,
        groups: int = 1,
        **attributes: Any,
    ) -> str:
        """Of a weight (out, in / groups, h, w). Padding is that of all sides, of (rows, columns), or of each side
        (top, left, bottom, right); further attributes are those of ONNX, such as ``dilations=[2, 2]``.
        """
        weight, bias = self._weights(layer, norm, rank=4)
        inputs = [self.constant(f"{layer}.weight", weight)]
        if bias is not None:
            inputs.append(self.constant(f"{layer}.bias", bias))
        strides = list(stride) if isinstance(stride, tuple) else [stride] * 2
        pads = _pads(padding)
        return self.node("Conv", value, *inputs, group=groups, strides=strides, pads=pads, **attributes)

    def depthwise(self, value: str, layer: str, norm: str = "", stride: int = 1, padding: Padding = 0) -> str:
        """A convolution of every channel on its own, of a weight (channels, 1, h, w)."""
        channels = len(self.tensor(f"{layer}.weight", (None, 1, None, None)))
        return self.convolution(value, layer, norm, stride, padding, groups=channels)

    def linear(self, value: str, layer: str, norm: str = "") -> str:
        """Of a weight (out, in), over the last axis of a value of any rank."""
        weight, bias = self._weights(layer, norm, rank=2)
        product = self.node("MatMul", value, self.constant(f"{layer}.weight", weight.T))
        return product if bias is None else self.added(product, self.constant(f"{layer}.bias", bias))

    def batch_norm(self, value: str, layer: str, rank: int = 4) -> str:
        """One that cannot be folded, because it precedes what has weights; channels are the axis 1 of a rank."""
        gain, bias = self._gain_and_bias(layer)
        around = (-1, *[1] * (rank - 2))
        product = self.multiplied(value, self.constant(f"{layer}.gain", gain.reshape(around)))
        return self.added(product, self.constant(f"{layer}.bias", bias.reshape(around)))

    def layer_norm(self, value: str, layer: str, epsilon: float = 1e-5) -> str:
        """Over the last axis, of a weight and a bias of its length."""
        names = [self.constant(f"{layer}.{part}", self.tensor(f"{layer}.{part}")) for part in ("weight", "bias")]
        return self.node("LayerNormalization", value, *names, axis=-1, epsilon=epsilon)

    def prelu(self, value: str, layer: str, rank: int = 4) -> str:
        """A slope of its own for every channel, or one for all of them."""
        slope = self.tensor(f"{layer}.weight")
        return self.node("PRelu", value, self.constant(f"{layer}.slope", slope.reshape(-1, *[1] * (rank - 2))))

    def write(self, path: Path, input_shape: Sequence[Size], unused: tuple[str, ...] = ()) -> None:
        """As ``NodeWriter.write``; raises ModelCorrupt too where the checkpoint has tensors that no layer took.

        ``unused`` are beginnings of names that serve the training alone, such as the head of another task.
        """
        left = sorted(name for name in set(self._tensors) - self._used if not name.startswith(unused))
        if left:
            more = f" and {len(left) - 1} more" if len(left) > 1 else ""
            raise ModelCorrupt(f"the checkpoint is of another network: it also holds {left[0]}{more}")
        super().write(path, input_shape)

    def _weights(self, layer: str, norm: str, rank: int) -> tuple[Doubles, Doubles | None]:
        """Weight and bias of a layer with its batch normalisation folded into them."""
        weight = self.tensor(f"{layer}.weight", (None,) * rank).astype(np.float64)
        bias: Doubles | None = None
        if f"{layer}.bias" in self._tensors:
            bias = self.tensor(f"{layer}.bias", (len(weight),)).astype(np.float64)
        if not norm:
            return weight, bias
        gain, shift = self._gain_and_bias(norm, len(weight))
        return weight * gain.reshape(-1, *[1] * (rank - 1)), shift if bias is None else shift + bias * gain

    def _gain_and_bias(self, layer: str, channels: int | None = None) -> tuple[Doubles, Doubles]:
        """What a batch normalisation multiplies with and adds at inference; one without ``affine`` has neither."""
        mean = self.tensor(f"{layer}.running_mean", (channels,)).astype(np.float64)
        variance = self.tensor(f"{layer}.running_var", mean.shape).astype(np.float64)
        gain: Doubles = 1 / np.sqrt(variance + self._norm_epsilon)
        bias: Doubles = -mean * gain
        if f"{layer}.weight" in self._tensors or f"{layer}.bias" in self._tensors:
            weight = self.tensor(f"{layer}.weight", mean.shape)
            gain, bias = gain * weight, bias * weight + self.tensor(f"{layer}.bias", mean.shape)
        return gain, bias


def _fits(found: tuple[int, ...], wanted: tuple[int | None, ...]) -> bool:
    return len(found) == len(wanted) and all(size in (None, there) for there, size in zip(found, wanted, strict=True))


def _pads(padding: Padding) -> list[int]:
    """Top, left, bottom, right."""
    if isinstance(padding, int):
        return [padding] * 4
    return list(padding) if len(padding) == 4 else list(padding) * 2
