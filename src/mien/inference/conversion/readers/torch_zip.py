"""Reads torch's present layout: a zip archive of ``NAME/data.pkl`` and one file ``NAME/data/KEY`` for every storage.

``torch.save`` stores without compression (``torch/serialization.py``, ``_open_zipfile_writer_file``), so an archive
whose members are together larger than the archive itself was not written by it.
"""

import io
import struct
import zipfile
import zlib
from pathlib import PurePosixPath
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mien.domain.errors import ModelCorrupt
from mien.inference.conversion.readers.inert_pickle import read_pickle
from mien.inference.conversion.readers.torch_storage import CALLS, Checkpoint, Declarations, Storage

SIGNATURE = b"PK\x03\x04"
"""How every zip archive that holds something begins."""

_BROKEN = (
    zipfile.BadZipFile,
    NotImplementedError,
    zlib.error,
    RuntimeError,
    OSError,
    EOFError,
    ValueError,
    struct.error,
)


def read_zip(content: bytes) -> Checkpoint:
    """The object and the storages of a file; raises ModelCorrupt where it is broken or of another layout."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            folder = _folder(archive)
            _check_sizes(archive, len(content))
            return _read(archive, folder)
    except _BROKEN as error:  # what zipfile raises for bytes that were cut off or changed
        raise ModelCorrupt("the archive is cut off or damaged, expected is a whole file of torch.save") from error


def _check_sizes(archive: zipfile.ZipFile, most: int) -> None:
    members = archive.infolist()
    if any(member.compress_type != zipfile.ZIP_STORED for member in members):
        raise ModelCorrupt("its members are compressed, which torch never does")
    if sum(member.file_size for member in members) > most:
        raise ModelCorrupt("its members claim to be larger than the file")


def _folder(archive: zipfile.ZipFile) -> str:
    """In which everything lies."""
    names = set(archive.namelist())
    folders = [path.parent for path in map(PurePosixPath, names) if path.name == "data.pkl" and len(path.parts) == 2]
    if len(folders) != 1:
        raise ModelCorrupt("it is a zip archive, but no torch checkpoint")
    if f"{folders[0]}/constants.pkl" in names:
        raise ModelCorrupt("it is a TorchScript program; a checkpoint of its state_dict is needed")
    return str(folders[0])


def _read(archive: zipfile.ZipFile, folder: str) -> Checkpoint:
    if f"{folder}/byteorder" in archive.namelist() and archive.read(f"{folder}/byteorder") != b"little":
        raise ModelCorrupt("it was written on a big-endian machine")
    declared = Declarations()
    root = read_pickle(io.BytesIO(archive.read(f"{folder}/data.pkl")), CALLS, declared)
    storages = {key: _elements(archive, f"{folder}/data/{key}", storage) for key, storage in declared.by_key.items()}
    return Checkpoint(root, storages)


def _elements(archive: zipfile.ZipFile, name: str, storage: Storage) -> NDArray[Any]:
    try:
        member = archive.getinfo(name)
    except KeyError as error:
        raise ModelCorrupt(f"storage {storage.key} is missing") from error
    if member.file_size != storage.size_bytes:
        raise ModelCorrupt(f"storage {storage.key} has another length than its tensors say")
    return np.frombuffer(archive.read(member), storage.dtype)
