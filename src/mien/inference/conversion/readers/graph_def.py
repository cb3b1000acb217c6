"""Reads frozen TensorFlow graphs (``GraphDef`` of ``tensorflow/core/framework/graph.proto``) without TensorFlow."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mien.domain.errors import ModelCorrupt
from mien.inference.conversion.readers.wire_format import Field, fields, packed_integers

# the numbers of the fields that are read, as graph.proto, node_def.proto, attr_value.proto and tensor.proto give them
_NODE = 1
_NAME, _OPERATION, _INPUT, _ATTRIBUTE = 1, 2, 3, 5
_KEY, _VALUE = 1, 2
_LIST, _SHAPE, _TENSOR = 1, 7, 8
_LIST_INTEGERS = 3
_DTYPE, _TENSOR_SHAPE, _CONTENT, _FLOATS, _INTEGERS = 1, 2, 4, 5, 7
_DIMENSION, _SIZE = 2, 1
_DTYPES: dict[int, np.dtype[Any]] = {1: np.dtype("<f4"), 3: np.dtype("<i4")}

_MOST_ELEMENTS = 1 << 28  # of all constants; one stored element may stand for any number

Attribute = int | float | bytes | tuple[int, ...] | NDArray[Any]


@dataclass(frozen=True, slots=True)
class GraphNode:
    """One operation. ``inputs`` are names of nodes; attributes are numbers, bytes, shapes (-1: free) and arrays."""

    name: str
    kind: str
    inputs: tuple[str, ...]
    attributes: Mapping[str, Attribute]


def read_graph(path: Path) -> tuple[GraphNode, ...]:
    """The nodes of a frozen graph in the order of the file; raises ModelCorrupt where it is broken, or no graph."""
    try:
        found = [_node(part) for number, part in fields(memoryview(path.read_bytes())) if number == _NODE]
        if not found:
            raise ModelCorrupt("it holds no graph")
        constants = (value for node in found for value in node.attributes.values() if isinstance(value, np.ndarray))
        if (elements := sum(constant.size for constant in constants)) > _MOST_ELEMENTS:
            raise ModelCorrupt(f"its constants claim {elements} elements, expected are {_MOST_ELEMENTS} at most")
    except (ModelCorrupt, UnicodeDecodeError) as error:
        reason = error if isinstance(error, ModelCorrupt) else "the names of its nodes are damaged"
        raise ModelCorrupt(f"{path.name} cannot be read as a TensorFlow graph: {reason}") from error
    return tuple(found)


def _node(message: Field) -> GraphNode:
    name = kind = ""
    inputs: list[str] = []  # those that begin with ^ say what runs before, and give nothing
    attributes: dict[str, Attribute] = {}
    for number, value in fields(_bytes(message)):
        if number == _NAME:
            name = _text(value)
        elif number == _OPERATION:
            kind = _text(value)
        elif number == _INPUT:
            inputs.append(_text(value).removesuffix(":0"))
        elif number == _ATTRIBUTE:
            entry = dict(fields(_bytes(value)))
            if _KEY in entry and _VALUE in entry:
                attribute = _attribute(_bytes(entry[_VALUE]))
                attributes |= {_text(entry[_KEY]): attribute} if attribute is not None else {}
    if not (name and kind):
        raise ModelCorrupt("one of its nodes has no name or no operation")
    return GraphNode(name, kind, tuple(given for given in inputs if not given.startswith("^")), attributes)


def _attribute(message: memoryview) -> Attribute | None:
    """The value of an attribute; None for the kinds that no converter asks for."""
    for number, value in fields(message):
        if number == _TENSOR:
            return _tensor(_bytes(value))
        if number == _SHAPE:
            return _shape(_bytes(value))
        if number == _LIST:
            parts = [part for key, part in fields(_bytes(value)) if key == _LIST_INTEGERS]
            return tuple(number for part in parts for number in _integers(part))
        return bytes(value) if isinstance(value, memoryview) else value
    return None


def _tensor(message: memoryview) -> NDArray[Any] | None:
    """The array of a constant; None where its elements are of a kind that no converter asks for."""
    dtype, content, floats = 0, b"", b""
    shape: tuple[int, ...] = ()
    integers: list[int] = []
    for number, value in fields(message):
        if number == _DTYPE and isinstance(value, int):
            dtype = value
        elif number == _TENSOR_SHAPE:
            shape = _shape(_bytes(value))
        elif number == _CONTENT:
            content = bytes(_bytes(value))
        elif number == _FLOATS:
            floats += bytes(value) if isinstance(value, memoryview) else np.float32(value).tobytes()
        elif number == _INTEGERS:
            integers += _integers(value)
    if dtype not in _DTYPES:
        return None
    stored = content or floats or np.array(integers, "<i4").tobytes()
    if len(stored) % _DTYPES[dtype].itemsize or min(shape, default=0) < 0:
        raise ModelCorrupt("one of its constants is broken")
    if prod(shape) > _MOST_ELEMENTS:
        raise ModelCorrupt(f"one of its constants has the shape {shape}")
    elements = np.frombuffer(stored, _DTYPES[dtype])
    if elements.size == 1:  # one element stands for all
        elements = np.broadcast_to(elements, prod(shape))
    if elements.size != prod(shape):
        raise ModelCorrupt(f"one of its constants has {elements.size} elements and the shape {shape}")
    return elements.reshape(shape)


def _shape(message: memoryview) -> tuple[int, ...]:
    dimensions = [dict(fields(_bytes(part))) for number, part in fields(message) if number == _DIMENSION]
    sizes = [dimension.get(_SIZE, 0) for dimension in dimensions]
    return tuple(size for size in sizes if isinstance(size, int))


def _integers(value: Field) -> list[int]:
    return packed_integers(value) if isinstance(value, memoryview) else [int(value)]


def _bytes(value: Field) -> memoryview:
    if not isinstance(value, memoryview):
        raise ModelCorrupt("it is no TensorFlow graph")
    return value


def _text(value: Field) -> str:
    return bytes(_bytes(value)).decode()
