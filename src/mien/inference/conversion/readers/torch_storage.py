"""What both layouts of a torch checkpoint come down to: one object, and the storages its tensors are made of."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mien.domain.errors import ModelCorrupt
from mien.inference.conversion.readers.inert_pickle import Global

DTYPES: dict[str, np.dtype[Any]] = {
    "torch.FloatStorage": np.dtype("<f4"),
    "torch.HalfStorage": np.dtype("<f2"),
    "torch.BFloat16Storage": np.dtype("<u2"),  # the upper half of a float32; numpy has no such type
    "torch.DoubleStorage": np.dtype("<f8"),
    "torch.LongStorage": np.dtype("<i8"),
    "torch.IntStorage": np.dtype("<i4"),
    "torch.ShortStorage": np.dtype("<i2"),
    "torch.CharStorage": np.dtype("i1"),
    "torch.ByteStorage": np.dtype("u1"),
    "torch.BoolStorage": np.dtype("?"),
    "torch.QInt8Storage": np.dtype("i1"),
    "torch.QUInt8Storage": np.dtype("u1"),
    "torch.QInt32Storage": np.dtype("<i4"),
}
CALLS = (
    "torch._utils._rebuild_tensor_v2",
    "torch._utils._rebuild_qtensor",
    "torch._utils._rebuild_parameter",
    "torch.device",
    "__builtin__.set",  # of a module saved whole
    # what training loops leave beside the weights: the steps of a schedule, accuracies and other numbers of numpy
    "collections.Counter",
    "numpy.dtype",
    "numpy.core.multiarray._reconstruct",
    "numpy._core.multiarray._reconstruct",
    "numpy.core.multiarray.scalar",
    "numpy._core.multiarray.scalar",
    "_codecs.encode",
)
"""Calls that may be recorded. None of them is made."""


@dataclass(frozen=True, slots=True)
class Storage:
    """Elements that one or more tensors are made of; where they lie in the file is known by their key."""

    key: str
    kind: str
    elements: int

    @property
    def dtype(self) -> np.dtype[Any]:
        """How the elements lie in the file."""
        return DTYPES[self.kind]

    @property
    def size_bytes(self) -> int:
        """How long they are in the file."""
        return self.elements * self.dtype.itemsize


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The object of a checkpoint, its tensors still recorded calls, and the elements of every storage by its key."""

    root: Any
    storages: dict[str, NDArray[Any]]


class Declarations:
    """The storages that a pickle mentions, noted while it is read."""

    def __init__(self) -> None:
        self.by_key: dict[str, Storage] = {}

    def __call__(self, reference: Any) -> object:
        """The value of a persistent id, which for torch is a storage or, in old files, the class of a module."""
        match reference:
            case ("storage", Global(kind), str(key), str(), int(elements), *rest) if kind in DTYPES and elements >= 0:
                storage = self.by_key.setdefault(key, Storage(key, kind, elements))
                if rest in ([], [None]) and storage == Storage(key, kind, elements):
                    return storage
            case ("module", Global() as module, *_):
                return module
        raise ModelCorrupt("it refers to a storage of a kind that is not read")
