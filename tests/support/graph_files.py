"""Writes frozen TensorFlow graphs without TensorFlow: GraphDef in the wire format of protocol buffers."""

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

_TYPES = {"f4": 1, "i4": 3}
_FLOAT = np.dtype("f4")
Attribute = bytes | bool | int | float | tuple[int, ...] | list[int] | np.dtype[Any] | NDArray[Any]
"""Bytes, a flag, a number, a shape (-1: free), a list of numbers, a type, or an array."""


@dataclass(frozen=True, slots=True)
class Node:
    """One operation."""

    name: str
    kind: str
    inputs: tuple[str, ...] = ()
    attributes: tuple[tuple[str, Attribute], ...] = ()


def placeholder(*shape: int) -> Node:
    """The pictures: (n, height, width, channels)."""
    return Node("pictures", "Placeholder", (), (("dtype", _FLOAT), ("shape", (-1, *shape))))


def constant(name: str, values: NDArray[Any]) -> Node:
    return Node(name, "Const", (), (("dtype", values.dtype), ("value", values)))


def operation(kind: str, name: str, *inputs: str, **attributes: Attribute) -> Node:
    return Node(name, kind, inputs, (("T", _FLOAT), *attributes.items()))


def write_graph(path: Path, nodes: Sequence[Node]) -> Path:
    path.write_bytes(b"".join(_message(1, _node(node)) for node in nodes))
    return path


def _node(node: Node) -> bytes:
    entries = (
        _message(5, _message(1, name.encode()) + _message(2, _attribute(value))) for name, value in node.attributes
    )
    return b"".join(
        [
            _message(1, node.name.encode()),
            _message(2, node.kind.encode()),
            *(_message(3, name.encode()) for name in node.inputs),
            *entries,
        ]
    )


def _attribute(value: Attribute) -> bytes:
    match value:
        case bytes():
            return _message(2, value)
        case bool():
            return _number(5, int(value))
        case int():
            return _number(3, value)
        case float():
            return b"\x25" + struct.pack("<f", value)
        case np.dtype():
            return _number(6, _TYPES[value.str[1:]])
        case tuple():
            return _message(7, _shape(value))
        case list():
            return _message(1, _message(3, b"".join(map(_varint, value))))
    stored = _number(1, _TYPES[value.dtype.str[1:]]) + _message(2, _shape(value.shape))
    return _message(8, stored + _message(4, value.tobytes()))


def _shape(sizes: Sequence[int]) -> bytes:
    return b"".join(_message(2, _number(1, size)) for size in sizes)


def _message(number: int, content: bytes) -> bytes:
    return _varint(number << 3 | 2) + _varint(len(content)) + content


def _number(number: int, value: int) -> bytes:
    return _varint(number << 3) + _varint(value)


def _varint(value: int) -> bytes:
    value &= (1 << 64) - 1
    groups = bytearray()
    while value > 0x7F:
        groups.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*groups, value])
