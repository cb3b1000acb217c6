"""Reads TensorFlow Lite files: their tensors and operations, by the schema of ``tensorflow/lite/schema/schema.fbs``."""

import struct
from collections.abc import Mapping
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mien.domain.errors import ModelCorrupt
from mien.inference.conversion.readers.flatbuffer import Table

_IDENTIFIER = b"TFL3"
_CUSTOM = 32
_DTYPES = {0: "<f4", 1: "<f2", 2: "<i4", 4: "<i8"}
_INDEX_DTYPES = {1: "<i4", 2: "<u2", 3: "u1"}  # of the kinds of SparseIndexVector
_MOST_ELEMENTS = 1 << 24  # of a sparse tensor, which a few bytes describe
_MOST_OF_ALL = 1 << 28  # of all tensors together, which may share their buffers

# numbers of fields, by table
_CODES, _SUBGRAPHS, _BUFFERS = 1, 2, 4
_OLD_CODE, _CUSTOM_NAME, _CODE = 0, 1, 3
_TENSORS, _INPUTS, _OUTPUTS, _OPERATORS = 0, 1, 2, 3
_SHAPE, _TYPE, _BUFFER, _NAME, _SPARSITY = 0, 1, 2, 3, 6
_CODE_INDEX, _FROM, _TO, _OPTIONS = 0, 1, 2, 4
_ORDER, _BLOCK_MAP, _DIMENSIONS = 0, 1, 2
_IS_SPARSE, _DENSE_SIZE, _SEGMENTS_KIND, _SEGMENTS, _INDICES_KIND, _INDICES = 0, 1, 2, 3, 4, 5

# the operations that are read, and their options: number of the field, layout, value where it is left out
_STRIDES = {"padding": (0, "b", 0), "stride_w": (1, "<i", 0), "stride_h": (2, "<i", 0)}
_OPERATIONS: Mapping[int, tuple[str, Mapping[str, tuple[int, str, int]]]] = {
    0: ("ADD", {"activation": (0, "b", 0)}),
    2: ("CONCATENATION", {"axis": (0, "<i", 0), "activation": (1, "b", 0)}),
    3: ("CONV_2D", _STRIDES | {"activation": (3, "b", 0), "dilation_w": (4, "<i", 1), "dilation_h": (5, "<i", 1)}),
    4: (
        "DEPTHWISE_CONV_2D",
        _STRIDES | {"activation": (4, "b", 0), "dilation_w": (5, "<i", 1), "dilation_h": (6, "<i", 1)},
    ),
    5: ("DEPTH_TO_SPACE", {"block": (0, "<i", 0)}),
    6: ("DEQUANTIZE", {}),
    17: ("MAX_POOL_2D", _STRIDES | {"filter_w": (3, "<i", 0), "filter_h": (4, "<i", 0), "activation": (5, "b", 0)}),
    19: ("RELU", {}),
    22: ("RESHAPE", {}),
    23: ("RESIZE_BILINEAR", {"align_corners": (2, "b", 0), "half_pixel": (3, "b", 0)}),
    34: ("PAD", {}),
    54: ("PRELU", {}),
    124: ("DENSIFY", {}),
}


@dataclass(frozen=True, slots=True)
class TfliteTensor:
    """One tensor, its shape with the batch; ``values`` of a constant, float16 and sparse ones as plain float32."""

    name: str
    shape: tuple[int, ...]
    values: NDArray[Any] | None


@dataclass(frozen=True, slots=True)
class TfliteOperation:
    """One operation: its name in the schema, indices of its tensors (-1: left out), and its options."""

    kind: str
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    options: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class TfliteGraph:
    """The one graph of a file; operations are in the order in which they run."""

    tensors: tuple[TfliteTensor, ...]
    operations: tuple[TfliteOperation, ...]
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]


def read_tflite(path: Path) -> TfliteGraph:
    """The graph of a file; raises ModelCorrupt where it is broken, quantised or uses what is not read."""
    try:
        content = path.read_bytes()
        if content[4:8] != _IDENTIFIER:
            raise ModelCorrupt("it does not start as one")
        return _graph(Table.root(content))
    except ModelCorrupt as error:
        raise ModelCorrupt(f"{path.name} cannot be read as a TensorFlow Lite model: {error}") from error
    except (struct.error, ValueError, IndexError, KeyError) as error:
        raise ModelCorrupt(
            f"{path.name} cannot be read as a TensorFlow Lite model: it is broken, expected is a whole .tflite file"
        ) from error


def _graph(model: Table) -> TfliteGraph:
    graphs = model.tables(_SUBGRAPHS)
    if len(graphs) != 1:
        raise ModelCorrupt(f"it holds {len(graphs)} graphs, one is expected")
    (graph,) = graphs
    buffers = [buffer.numbers(0, "u1") for buffer in model.tables(_BUFFERS)]
    codes = [_code(code) for code in model.tables(_CODES)]
    return TfliteGraph(
        _tensors(graph, buffers),
        tuple(_operation(operator, codes) for operator in graph.tables(_OPERATORS)),
        _indices(graph, _INPUTS),
        _indices(graph, _OUTPUTS),
    )


def _code(table: Table) -> int:
    code = max(table.number(_OLD_CODE, "b"), table.number(_CODE, "<i"))
    if code not in _OPERATIONS:
        name = table.text(_CUSTOM_NAME) if code == _CUSTOM else f"operation {code} of the schema"
        raise ModelCorrupt(f"it uses {name}; read are {', '.join(kind for kind, _ in _OPERATIONS.values())}")
    return code


def _operation(table: Table, codes: list[int]) -> TfliteOperation:
    kind, schema = _OPERATIONS[codes[table.number(_CODE_INDEX, "<I")]]
    options = table.table(_OPTIONS)
    values = {
        name: default if options is None else options.number(field, layout, default)
        for name, (field, layout, default) in schema.items()
    }
    return TfliteOperation(kind, _indices(table, _FROM), _indices(table, _TO), values)


def _tensors(graph: Table, buffers: list[NDArray[Any]]) -> tuple[TfliteTensor, ...]:
    found: list[TfliteTensor] = []
    elements = 0
    for table in graph.tables(_TENSORS):
        tensor = _tensor(table, buffers)
        elements += 0 if tensor.values is None else tensor.values.size
        if elements > _MOST_OF_ALL:
            raise ModelCorrupt(f"its tensors claim more than {_MOST_OF_ALL} elements")
        found.append(tensor)
    return tuple(found)


def _tensor(table: Table, buffers: list[NDArray[Any]]) -> TfliteTensor:
    name, shape = table.text(_NAME), _indices(table, _SHAPE)
    content = buffers[table.number(_BUFFER, "<I")]
    kind = table.number(_TYPE, "b")
    if kind not in _DTYPES:
        raise ModelCorrupt(f"its tensor {name} is quantised or of another kind that is not read")
    if not content.size:
        return TfliteTensor(name, shape, None)
    elements = np.frombuffer(content.tobytes(), _DTYPES[kind])
    elements = elements.astype(np.float32) if kind == 1 else elements
    sparsity = table.table(_SPARSITY)
    if sparsity is not None:
        elements = _dense(sparsity, elements, shape)
    if elements.size != prod(shape):
        raise ModelCorrupt(f"its tensor {name} has {elements.size} elements and the shape {shape}")
    return TfliteTensor(name, shape, elements.reshape(shape))


def _indices(table: Table, field: int) -> tuple[int, ...]:
    return tuple(int(index) for index in table.numbers(field, "<i4"))


def _dense(sparsity: Table, elements: NDArray[Any], shape: tuple[int, ...]) -> NDArray[Any]:
    """The elements of a sparse tensor at their places, zeros elsewhere.

    The levels of storage, in ``order``, are the dimensions of the tensor and behind them blocks within some of them.
    From level to level, ``cells`` numbers what is stored and ``places`` keeps where it belongs.
    """
    most = prod(shape)
    if not 0 <= most <= _MOST_ELEMENTS:
        raise ModelCorrupt(f"one of its sparse tensors has the shape {shape}")
    order, blocks = _indices(sparsity, _ORDER), _indices(sparsity, _BLOCK_MAP)
    cells = np.zeros(1, np.int64)
    places = np.zeros((1, len(order)), np.int64)
    sizes = np.ones(len(order), np.int64)
    for axis, dimension in zip(order, sparsity.tables(_DIMENSIONS), strict=True):
        if dimension.number(_IS_SPARSE, "b"):
            segments = _index_vector(dimension, _SEGMENTS_KIND, _SEGMENTS)
            indices = _index_vector(dimension, _INDICES_KIND, _INDICES)
            counts = segments[cells + 1] - segments[cells]
            parents = _repeated(np.arange(len(cells)), counts, most)
            starts = np.repeat(segments[cells] - np.cumsum(counts) + counts, counts)
            cells = starts + np.arange(len(parents))
            steps = indices[cells]
        else:
            sizes[axis] = dimension.number(_DENSE_SIZE, "<i")
            parents = _repeated(np.arange(len(cells)), np.full(len(cells), sizes[axis]), most)
            steps = np.tile(np.arange(sizes[axis]), len(cells))
            cells = cells[parents] * sizes[axis] + steps
        places = places[parents]
        places[:, axis] = steps
    coordinates = places[:, : len(shape)]
    for block, axis in enumerate(blocks, start=len(shape)):
        coordinates[:, axis] = coordinates[:, axis] * sizes[block] + places[:, block]
    dense = np.zeros(shape, np.float32)
    dense[tuple(coordinates.T)] = elements[cells]
    return dense


def _repeated(values: NDArray[np.int64], counts: NDArray[np.int64], most: int) -> NDArray[np.int64]:
    if counts.min(initial=0) < 0 or counts.sum() > most:
        raise ModelCorrupt(f"one of its sparse tensors claims {counts.sum()} elements, there is room for {most}")
    return np.repeat(values, counts)


def _index_vector(dimension: Table, kind: int, field: int) -> NDArray[np.int64]:
    vector = dimension.table(field)
    if vector is None:
        raise ModelCorrupt("one of its sparse tensors is broken")
    dtype = _INDEX_DTYPES[dimension.number(kind, "B")]
    values: NDArray[np.int64] = vector.numbers(0, dtype).astype(np.int64)
    return values
