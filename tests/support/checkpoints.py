"""Writes torch checkpoints without torch: seeded tensors of given shapes, in the zip and in the older stream layout.

The pickles are those that torch itself writes (``torch/serialization.py``): tensors are calls of
``_rebuild_tensor_v2`` on storages named by a persistent id, state dicts are ordered dicts with their ``_metadata``.
"""

import io
import pickle
import struct
import zipfile
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

Shapes = dict[str, tuple[int, ...]]
Tensors = dict[str, NDArray[Any]]
Damage = Callable[[Tensors], Tensors]

_MAGIC, _PROTOCOL = 0x1950A86A20F9469CFC6C, 1001
_STORAGES = {"f4": "Float", "f8": "Double", "f2": "Half", "i8": "Long", "i4": "Int", "u1": "Byte", "b1": "Bool"}


def seeded_tensors(shapes: Shapes, seed: int = 0, scales: Mapping[str, float] | None = None) -> Tensors:
    """Tensors of these names and shapes, drawn so that activations stay alive and finite, float32.

    Weights are He's (normal, variance 2 / fan-in), variances and gains lie around 1, slopes of PReLU (a ``weight`` of
    one dimension without a ``bias`` beside it) in 0.1..0.4. Every tensor depends on the seed and its own name alone.
    ``scales`` multiplies the tensors whose name ends as its keys do: deep residual networks want the end of every
    branch small, such as ``{"bn3.weight": 0.3}``, or their activations double with every block.
    """
    tensors: Tensors = {}
    for name, shape in shapes.items():
        random = np.random.default_rng([seed, *name.encode()])
        values = _drawn(name, shape, f"{name.removesuffix('weight')}bias" in shapes, random)
        for ending, scale in (scales or {}).items():
            if name.endswith(ending):
                values = values * np.float32(scale)
        tensors[name] = values
    return tensors


def _drawn(name: str, shape: tuple[int, ...], has_bias: bool, random: np.random.Generator) -> NDArray[Any]:
    part = name.rpartition(".")[2]
    if part == "num_batches_tracked":
        return np.array(1000, np.int64)
    if part == "running_mean" or "bias" in part:
        values = random.normal(0, 0.2, shape)
    elif part == "running_var":
        values = random.uniform(0.5, 1.5, shape)
    elif len(shape) >= 2:
        values = random.normal(0, np.sqrt(2 / np.prod(shape[1:])), shape)
    elif part == "weight" and not has_bias:
        values = random.uniform(0.1, 0.4, shape)
    else:
        values = random.uniform(0.7, 1.3, shape)
    return values.astype(np.float32)


def state_dict(tensors: Mapping[str, NDArray[Any]], prefix: str = "") -> "OrderedDict[str, NDArray[Any]]":
    """A module's table of tensors as torch keeps it, ``prefix`` before every name."""
    table = OrderedDict((f"{prefix}{name}", values) for name, values in tensors.items())
    layers = {name.rpartition(".")[0] for name in table}
    table._metadata = OrderedDict((layer, {"version": 1}) for layer in sorted({"", *layers}))
    return table


def write_zip(path: Path, content: object) -> Path:
    """Save ``content`` as ``torch.save`` does since 1.6: a zip file of one pickle and its storages.

    Arrays anywhere in dicts, lists and tuples become tensors; numbers, texts and None stay what they are.
    """
    pickled, storages = _pickled(content, is_stream=False)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr(f"{path.stem}/data.pkl", pickled)
        archive.writestr(f"{path.stem}/byteorder", "little")
        for key, values in enumerate(storages):
            archive.writestr(f"{path.stem}/data/{key}", values.tobytes())
        archive.writestr(f"{path.stem}/version", "3\n")
    return path


def write_stream(path: Path, content: object) -> Path:
    """Save ``content`` as torch did before 1.6: five pickles one after the other, then the storages."""
    pickled, storages = _pickled(content, is_stream=True)
    sizes = {"short": 2, "int": 4, "long": 4}
    system = {"protocol_version": _PROTOCOL, "little_endian": True, "type_sizes": sizes}
    head = b"".join(pickle.dumps(part, protocol=2) for part in (_MAGIC, _PROTOCOL, system))
    keys = pickle.dumps([str(key) for key in range(len(storages))], protocol=2)
    parts = (struct.pack("<q", values.size) + values.tobytes() for values in storages)
    path.write_bytes(head + pickled + keys + b"".join(parts))
    return path


def without(name: str) -> Damage:
    """Takes one tensor out."""
    return lambda tensors: {other: values for other, values in tensors.items() if other != name}


def reshaped(name: str, shape: tuple[int, ...]) -> Damage:
    """Puts a tensor of another shape in, or one that was not there."""
    return lambda tensors: tensors | {name: np.ones(shape, np.float32)}


@dataclass(frozen=True, slots=True)
class _Name:
    """The name of a function or class of torch; a pickler wants to see something that can be called."""

    module: str
    name: str

    def __call__(self) -> None:
        raise NotImplementedError(f"{self.module}.{self.name} is only named here")


@dataclass(frozen=True, slots=True, eq=False)
class _Storage:
    key: str
    kind: _Name
    elements: int


_REBUILD = _Name("torch._utils", "_rebuild_tensor_v2")
_KINDS = {kind: _Name("torch", f"{name}Storage") for kind, name in _STORAGES.items()}


def _pickled(content: object, is_stream: bool) -> tuple[bytes, list[NDArray[Any]]]:
    stream = io.BytesIO()
    pickler = _TorchPickler(stream, is_stream)
    pickler.dump(content)
    return stream.getvalue(), pickler.storages


class _TorchPickler(pickle._Pickler):  # the one in C writes no name that it cannot import
    dispatch: ClassVar[dict[type, Any]] = dict(pickle._Pickler.dispatch)

    def __init__(self, stream: io.BytesIO, is_stream: bool) -> None:
        super().__init__(stream, protocol=2)
        self.storages: list[NDArray[Any]] = []
        self._view = (None,) if is_stream else ()

    def reducer_override(self, value: object) -> Any:
        if not isinstance(value, np.ndarray):
            return NotImplemented
        kind = _KINDS[value.dtype.str[1:]]
        storage = _Storage(str(len(self.storages)), kind, value.size)
        self.storages.append(np.ascontiguousarray(value))
        strides = tuple(int(np.prod(value.shape[axis + 1 :], dtype=int)) for axis in range(value.ndim))
        return _REBUILD, (storage, 0, value.shape, strides, False, OrderedDict())

    def persistent_id(self, value: object) -> Any:
        if isinstance(value, _Storage):
            return ("storage", value.kind, value.key, "cpu", value.elements, *self._view)
        return None

    def _save_name(self, value: _Name) -> None:
        self.write(pickle.GLOBAL + f"{value.module}\n{value.name}\n".encode())
        self.memoize(value)

    dispatch[_Name] = _save_name
