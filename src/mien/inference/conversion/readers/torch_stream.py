"""Reads torch's first layout: five pickles one after the other, then the storages.

The pickles (``torch/serialization.py``, ``_legacy_load``) are a magic number, the protocol, a description of the
machine, the object and the keys of the storages; then follow, for every key, the number of its elements as int64 and
the elements themselves.
"""

import io
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mien.domain.errors import ModelCorrupt
from mien.inference.conversion.readers.inert_pickle import read_pickle
from mien.inference.conversion.readers.torch_storage import CALLS, Checkpoint, Declarations, Storage

_MAGIC = 0x1950A86A20F9469CFC6C
_PROTOCOL = 1001
_COUNT_BYTES = 8


def read_stream(content: bytes) -> Checkpoint:
    """The object and the storages of a file; raises ModelCorrupt where it is broken or of another layout."""
    stream = io.BytesIO(content)
    if [read_pickle(stream, (), _no_persistent) for _ in range(2)] != [_MAGIC, _PROTOCOL]:
        raise ModelCorrupt("it is no torch checkpoint")
    machine = read_pickle(stream, (), _no_persistent)
    if not isinstance(machine, dict) or machine.get("little_endian") is not True:
        raise ModelCorrupt("it was written on a big-endian machine")
    declared = Declarations()
    root = read_pickle(stream, CALLS, declared)
    keys = read_pickle(stream, (), _no_persistent)
    if not isinstance(keys, list) or set(map(str, keys)) != set(declared.by_key):
        raise ModelCorrupt("its list of storages does not fit its tensors")
    return Checkpoint(root, _read_storages(content, stream.tell(), [declared.by_key[str(key)] for key in keys]))


def _no_persistent(_: Any) -> object:
    raise ModelCorrupt("it refers to storages where none can be")


def _read_storages(content: bytes, start: int, storages: list[Storage]) -> dict[str, NDArray[Any]]:
    """The elements of the storages, which lie one after the other."""
    found: dict[str, NDArray[Any]] = {}
    for storage in storages:
        if int.from_bytes(content[start : start + _COUNT_BYTES], "little", signed=True) != storage.elements:
            raise ModelCorrupt(f"storage {storage.key} has another length than its tensors say, or the file is cut off")
        start += _COUNT_BYTES
        if start + storage.size_bytes > len(content):
            raise ModelCorrupt(f"it ends in the middle of storage {storage.key}")
        found[storage.key] = np.frombuffer(content, storage.dtype, storage.elements, start)
        start += storage.size_bytes
    return found
