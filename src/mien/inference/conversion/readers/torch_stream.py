"""Reads the tensors of a torch checkpoint without torch, and without executing anything that is in it.

The layout is torch's first one (``torch/serialization.py``, ``_legacy_load``): five pickles one after the other (a
magic number, the protocol, a description of the machine, the object, the keys of the storages), then for every key the
number of its elements as int64 and the elements themselves.
"""

import zipfile
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.lib.stride_tricks import as_strided
from numpy.typing import NDArray

from mien.domain.errors import ModelCorrupt
from mien.inference.conversion.readers.inert_pickle import Call, Global, Instance, read_pickle

_MAGIC = 0x1950A86A20F9469CFC6C
_PROTOCOL = 1001
_DTYPES: dict[object, np.dtype[Any]] = {"torch.FloatStorage": np.dtype("<f4"), "torch.LongStorage": np.dtype("<i8")}
_TENSOR = "torch._utils._rebuild_tensor_v2"
_PARAMETER = "torch._utils._rebuild_parameter"
_CALLS = (_TENSOR, _PARAMETER, "torch.device")
_MOST_MODULES = 10_000  # a pickle may hold itself, or fan out without end

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class _Storage:
    """Elements that one or more tensors are made of; where they lie in the file is known by their key."""

    key: str
    dtype: np.dtype[Any]
    elements: int


def read_tensors(path: Path) -> dict[str, Floats]:
    """Parameters and buffers of a checkpoint by dotted name, float32; integers such as step counters are left out.

    The checkpoint is a whole module or a table of tensors; the ``module.`` that DataParallel puts before every name is
    taken off. Raises ModelCorrupt where the file is broken, wants to execute something, or is of another layout.
    """
    try:
        if zipfile.is_zipfile(path):
            raise ModelCorrupt("it has torch's zip layout, only the older stream layout is read")
        with path.open("rb") as stream:
            declared: dict[str, _Storage] = {}
            root = _read_object(stream, declared)
            storages = _read_storages(stream, declared)
        tensors = {name: _tensor(call, storages) for name, call in _named_calls(root).items()}
    except ModelCorrupt as error:
        raise ModelCorrupt(f"{path.name} cannot be read: {error}") from error
    floats = {name: tensor for name, tensor in tensors.items() if tensor.dtype == np.float32}
    if all(name.startswith("module.") for name in floats):
        return {name.removeprefix("module."): tensor for name, tensor in floats.items()}
    return floats


def _read_object(stream: IO[bytes], declared: dict[str, _Storage]) -> Any:
    """The object, its tensors still recorded calls; the storages it mentions are noted in ``declared``."""

    def persistent(reference: Any) -> object:
        match reference:
            case ("storage", Global(name), str(key), str(), int(elements), None) if name in _DTYPES and elements >= 0:
                return declared.setdefault(key, _Storage(key, _DTYPES[name], elements))
            case ("module", Global() as module, *_):
                return module
        raise ModelCorrupt("it refers to a storage of a kind that is not read")

    if read_pickle(stream, (), _no_persistent) != _MAGIC or read_pickle(stream, (), _no_persistent) != _PROTOCOL:
        raise ModelCorrupt("it is no torch checkpoint in the stream layout")
    machine = read_pickle(stream, (), _no_persistent)
    if not isinstance(machine, dict) or machine.get("little_endian") is not True:
        raise ModelCorrupt("it was written on a big-endian machine")
    return read_pickle(stream, _CALLS, persistent)


def _no_persistent(_: Any) -> object:
    raise ModelCorrupt("it refers to storages where none can be")


def _read_storages(stream: IO[bytes], declared: dict[str, _Storage]) -> dict[str, NDArray[Any]]:
    keys = read_pickle(stream, (), _no_persistent)
    if not isinstance(keys, list) or set(map(str, keys)) != set(declared):
        raise ModelCorrupt("its list of storages does not fit its tensors")
    storages: dict[str, NDArray[Any]] = {}
    for key in keys:
        storage = declared[key]
        if int.from_bytes(stream.read(8), "little", signed=True) != storage.elements:
            raise ModelCorrupt(f"storage {key} has another length than its tensors say")
        size = storage.elements * storage.dtype.itemsize
        elements = stream.read(size)
        if len(elements) != size:
            raise ModelCorrupt(f"it ends in the middle of storage {key}")
        storages[key] = np.frombuffer(elements, storage.dtype)
    return storages


def _named_calls(root: Any) -> dict[str, Call]:
    """Every recorded tensor of a module tree or of a flat table, by dotted name."""
    if isinstance(root, dict):
        return {str(name): value for name, value in root.items() if isinstance(value, Call)}
    named: dict[str, Call] = {}
    waiting: list[tuple[str, Any]] = [("", root)]
    for _ in range(_MOST_MODULES):
        if not waiting:
            return named
        prefix, module = waiting.pop()
        if not isinstance(module, Instance) or not isinstance(module.state, dict):
            raise ModelCorrupt(f"{prefix or 'its root'} is neither a module nor a table of tensors")
        for part in ("_parameters", "_buffers"):
            for name, value in _table(module, part).items():
                if isinstance(value, Call):  # None where a layer has no bias
                    named[f"{prefix}{name}"] = value
        waiting.extend((f"{prefix}{name}.", child) for name, child in _table(module, "_modules").items())
    raise ModelCorrupt(f"it holds more than {_MOST_MODULES} modules")


def _table(module: Instance, part: str) -> dict[Any, Any]:
    table = module.state.get(part, {})
    if not isinstance(table, dict):
        raise ModelCorrupt(f"the {part} of a {module.name} are no table")
    return table


def _tensor(call: Call, storages: dict[str, NDArray[Any]]) -> NDArray[Any]:
    """The array that a recorded ``_rebuild_tensor_v2`` or ``_rebuild_parameter`` describes."""
    match call:
        case Call(name, (Call() as tensor, *_)) if name == _PARAMETER:
            return _tensor(tensor, storages)
        case Call(name, (_Storage() as storage, int(offset), tuple(shape), tuple(strides), *_)) if name == _TENSOR:
            if _is_inside(storage.elements, offset, shape, strides):
                elements = storages[storage.key][offset:]
                view = as_strided(elements, shape, [stride * storage.dtype.itemsize for stride in strides])
                return np.ascontiguousarray(view)
    raise ModelCorrupt("one of its tensors is described in a way that is not read")


def _is_inside(elements: int, offset: int, shape: tuple[Any, ...], strides: tuple[Any, ...]) -> bool:
    numbers = (offset, *shape, *strides)
    if len(shape) != len(strides) or not all(isinstance(number, int) and number >= 0 for number in numbers):
        return False
    if prod(shape) == 0:
        return offset <= elements
    last: int = offset + sum((size - 1) * stride for size, stride in zip(shape, strides, strict=True))
    return last < elements and prod(shape) <= elements
