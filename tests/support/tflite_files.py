"""Writes small TensorFlow Lite files without TensorFlow, by ``tensorflow/lite/schema/schema.fbs``."""

import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

CODES = {
    "ADD": 0, "CONCATENATION": 2, "CONV_2D": 3, "DEPTHWISE_CONV_2D": 4, "DEPTH_TO_SPACE": 5, "DEQUANTIZE": 6,
    "MAX_POOL_2D": 17, "RELU": 19, "RESHAPE": 22, "RESIZE_BILINEAR": 23, "SOFTMAX": 25, "CUSTOM": 32, "PAD": 34,
    "PRELU": 54, "DENSIFY": 124,
}  # fmt: skip
_OPTIONS = {
    "ADD": 11, "CONCATENATION": 10, "CONV_2D": 1, "DEPTHWISE_CONV_2D": 2, "DEPTH_TO_SPACE": 94, "DEQUANTIZE": 38,
    "MAX_POOL_2D": 5, "RESHAPE": 17, "RESIZE_BILINEAR": 15, "PAD": 22, "DENSIFY": 99,
}  # fmt: skip
_KINDS = {"f4": 0, "f2": 1, "i4": 2, "u1": 3}
_LARGEST_OLD_CODE = 127

Value = tuple[str, int] | Mapping[int, Any] | Sequence[Any] | NDArray[Any] | str
"""Of a field: a number with its layout, a table, tables, numbers, or a text."""


@dataclass(slots=True)
class TfliteNetwork:
    """A network in the making, one operation after the other."""

    _tensors: list[dict[int, Any]] = field(default_factory=list)
    _buffers: list[dict[int, Any]] = field(default_factory=lambda: [{}])
    _codes: list[tuple[int, str]] = field(default_factory=list)
    _operators: list[dict[int, Any]] = field(default_factory=list)

    def tensor(self, *shape: int, kind: str = "f4") -> int:
        """A tensor that something computes, the input among them."""
        number = len(self._tensors)
        self._tensors.append({0: np.array(shape, "<i4"), 1: ("b", _KINDS[kind]), 2: ("<I", 0), 3: f"tensor_{number}"})
        return number

    def constant(self, values: NDArray[Any], shape: Sequence[int] | None = None, sparsity: Any = None) -> int:
        """A constant; of a sparse one the stored values, the shape and the table of its SparsityParameters."""
        number = self.tensor(*(values.shape if shape is None else shape), kind=values.dtype.str[1:])
        self._tensors[number][2] = ("<I", len(self._buffers))
        if sparsity is not None:
            self._tensors[number][6] = sparsity
        self._buffers.append({0: np.frombuffer(values.tobytes(), np.uint8)})
        return number

    def operation(
        self, kind: str, inputs: Sequence[int], output: int, options: Mapping[int, Any] | None = None, name: str = ""
    ) -> int:
        """An operation of one output; options are fields of its table, ``name`` that of a custom one."""
        code = (CODES[kind], name)
        if code not in self._codes:
            self._codes.append(code)
        fields = {0: ("<I", self._codes.index(code)), 1: np.array(inputs, "<i4"), 2: np.array([output], "<i4")}
        if options is not None:
            fields |= {3: ("B", _OPTIONS[kind]), 4: options}
        self._operators.append(fields)
        return output

    def write(self, path: Path, inputs: Sequence[int], outputs: Sequence[int]) -> Path:
        codes = [
            {0: ("b", min(code, _LARGEST_OLD_CODE)), 3: ("<i", code), **({1: name} if name else {})}
            for code, name in self._codes
        ]
        ends = {1: np.array(inputs, "<i4"), 2: np.array(outputs, "<i4")}
        graph = {0: self._tensors, **ends, 3: self._operators}
        buffer = bytearray(struct.pack("<I4s", 0, b"TFL3"))
        root = _append(buffer, {0: ("<I", 3), 1: codes, 2: [graph], 4: self._buffers})
        struct.pack_into("<I", buffer, 0, root)
        path.write_bytes(bytes(buffer))
        return path


def _append(buffer: bytearray, value: Value) -> int:
    """Append what a field points to and give its position."""
    if isinstance(value, Mapping):
        return _append_table(buffer, value)
    if isinstance(value, str):
        position = _append_vector(buffer, np.frombuffer(value.encode(), np.uint8))
        buffer.append(0)
        return position
    if isinstance(value, np.ndarray):
        return _append_vector(buffer, value)
    position = _append_vector(buffer, np.zeros(len(value), "<u4"))
    for index, table in enumerate(value):
        place = position + 4 + 4 * index
        struct.pack_into("<I", buffer, place, _append(buffer, table) - place)
    return position


def _append_vector(buffer: bytearray, values: NDArray[Any]) -> int:
    buffer.extend(bytes(-(len(buffer) + 4) % 16))  # TensorFlow Lite wants the content of buffers aligned
    position = len(buffer)
    buffer.extend(struct.pack("<I", len(values)) + values.tobytes())
    return position


def _append_table(buffer: bytearray, fields: Mapping[int, Any]) -> int:
    """The table of offsets, then the table of fields, 4 bytes each, then what these point to."""
    buffer.extend(bytes(-len(buffer) % 4))
    count = max(fields, default=-1) + 1
    places = {number: 4 + 4 * index for index, number in enumerate(sorted(fields))}
    index_position = len(buffer)
    size = 4 + 2 * count
    buffer.extend(struct.pack("<HH", size, 4 + 4 * len(fields)))
    buffer.extend(struct.pack(f"<{count}H", *(places.get(number, 0) for number in range(count))))
    buffer.extend(bytes(-len(buffer) % 4))
    position = len(buffer)
    buffer.extend(struct.pack("<i", position - index_position) + bytes(4 * len(fields)))
    for number, value in fields.items():
        place = position + places[number]
        if isinstance(value, tuple):
            struct.pack_into(*(value[0], buffer, place, value[1]))
        else:
            struct.pack_into("<I", buffer, place, _append(buffer, value) - place)
    return position
