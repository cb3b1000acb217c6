"""Reading zips that somebody else may have made: only what was promised, and no more than that."""

import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import BytesIO
from stat import S_ISLNK
from typing import Any, BinaryIO

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

MOST_TIMES_LARGER = 200
"""What a member may come to, compared with its length in the zip: text of a thousand like lines reaches 50."""

_ROOM = 1 << 16  # bytes that any archive may come to, however small it is
_DAMAGED = "it is damaged"
_OTHER_ZIP = "it is a zip, and no archive of people that mien wrote"
_TROUBLE = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    ValueError,
    EOFError,
    RuntimeError,  # a member that says it is encrypted, or packed in a way that nobody knows
    OverflowError,
    MemoryError,
    LookupError,
    OSError,  # a place before the beginning of the file
)


@contextmanager
def understood() -> Iterator[None]:
    """Turn what a zip of whatever content makes its readers raise into ValueError, in words for a person."""
    try:
        yield
    except _TROUBLE as error:
        raise ValueError(_DAMAGED) from error


class Members:
    """The members of a zip by name, of which none is larger than it may be. Not for several threads.

    Nothing is ever unpacked to a file. Raises ValueError, in words for a person, where a name is given twice or is no
    name that ``belongs``, where something is a link or is encrypted, or where it is packed to fill a disk. Where the
    ``mark`` of what is expected is not there either, a name that does not belong is told to be of another kind of zip.
    """

    def __init__(self, file: BinaryIO, size: int, belongs: Callable[[str], bool], mark: str = "") -> None:
        with understood():
            self._zip = zipfile.ZipFile(file)
        self._entries: dict[str, zipfile.ZipInfo] = {}
        for entry in self._zip.infolist():
            name = entry.filename
            if not belongs(name):
                is_ours = not mark or mark in self._zip.namelist()
                raise ValueError("it holds something that does not belong there" if is_ours else _OTHER_ZIP)
            if name in self._entries:
                raise ValueError("it holds something twice")
            if S_ISLNK(entry.external_attr >> 16) or entry.is_dir() or entry.flag_bits & 1:
                raise ValueError("it holds something that is no plain file")
            if entry.file_size > _ROOM + MOST_TIMES_LARGER * entry.compress_size:
                raise ValueError("it is packed to come to far more than it is")
            self._entries[name] = entry
        if sum(entry.file_size for entry in self._entries.values()) > _ROOM + MOST_TIMES_LARGER * size:
            raise ValueError("it is packed to come to far more than it is")

    @property
    def names(self) -> frozenset[str]:
        """What they are called."""
        return frozenset(self._entries)

    def length(self, name: str) -> int:
        """How long a member says it is."""
        return self._entries[name].file_size

    def read(self, name: str) -> bytes:
        """The bytes of a member; raises ValueError where they are damaged."""
        entry = self._entries[name]
        with understood(), self._zip.open(entry) as member:
            content = member.read(entry.file_size + 1)
        if len(content) != entry.file_size:
            raise ValueError(_DAMAGED)
        return content


def arrays_of(content: bytes) -> dict[str, NDArray[Any]]:
    """The arrays of an ``.npz``, of numbers and text; raises ValueError where something else is in it."""
    members = Members(BytesIO(content), len(content), lambda name: name.endswith(".npy"))
    return {name.removesuffix(".npy"): _array(members.read(name)) for name in sorted(members.names)}


def _array(content: bytes) -> NDArray[Any]:
    """What is in an ``.npy``; its header may promise anything, so that nothing is made before it fits the bytes."""
    file = BytesIO(content)
    with understood():
        version = npy.read_magic(file)
        read_header = npy.read_array_header_1_0 if version == (1, 0) else npy.read_array_header_2_0
        shape, is_fortran, dtype = read_header(file)
    if dtype.kind not in "biufUS" or is_fortran:
        raise ValueError("it holds an array that is neither numbers nor text")
    count = 1
    for side in shape:
        count *= int(side)
    left = content[file.tell() :]
    if count * dtype.itemsize != len(left):
        raise ValueError(_DAMAGED)
    return np.frombuffer(left, dtype).reshape(shape) if dtype.itemsize else np.zeros(shape, dtype)
