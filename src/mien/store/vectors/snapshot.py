"""A large index as a sealed file, so that the next start need not read a million templates one by one."""

import hashlib
import json
import logging
import os
import secrets
from contextlib import suppress
from dataclasses import astuple
from pathlib import Path
from typing import BinaryIO, Protocol

import numpy as np
from filelock import FileLock, Timeout

from mien.domain.errors import StoreError
from mien.domain.faces import EmbeddingModel
from mien.store.home import PRIVATE, put_whole
from mien.store.vectors.index import Ids
from mien.store.vectors.sieved import SIGN_BYTES, Bytes, Halves, SievedIndex

_MAGIC = b"mien vectors 1\n"
_MARK_BYTES, _LENGTH_BYTES, _NUMBER_BYTES = 16, 4, 8
_ID, _HALF = np.dtype("<i8"), np.dtype("<f2")
_MAX_RECORD_BYTES = 1 << 30
_FENCE = "fence"
_PATIENCE_S, _ASKED_EVERY_S = 10.0, 0.01  # it is put in milliseconds: a process that holds the lock for longer hangs
_log = logging.getLogger(__name__)


class Sealing(Protocol):
    """What makes bytes unreadable and unchangeable without a key."""

    def seal(self, data: bytes, context: bytes) -> bytes:
        """The bytes, sealed for one place, which ``context`` names."""
        ...

    def open(self, sealed: bytes, context: bytes) -> bytes:
        """What was sealed for that place; raises StoreError."""
        ...

    def renew(self) -> None:
        """Take up the newest keys; raises StoreError."""
        ...


class Snapshots:
    """The snapshots of a home, one for each model, in a folder of their own.

    A file is a line that names the format, 16 random bytes, and records: the length of each in 4 bytes (big-endian) and
    its sealed bytes. The first names the model in JSON, the last says how many vectors there were (8 bytes), and those
    between are a number of vectors (8 bytes), their ids (int64), their signs, and they themselves (float16), little-
    endian. Every record is sealed for its place in this one file, and the last as the last: none can be exchanged or
    left out.
    """

    def __init__(self, folder: Path, vault: Sealing) -> None:
        self._folder = folder
        self._vault = vault

    def write(self, model: EmbeddingModel, index: SievedIndex) -> None:
        """Keep an index in place of what was kept for the model; raises StoreError where that cannot be done.

        Where keys change while it is written, all snapshots are discarded, which the `fence` tells whoever writes one.
        """
        self._vault.renew()
        path = self._path(model)
        partial = path.with_name(f"{path.stem}.{secrets.token_hex(4)}.partial")
        try:
            self._folder.mkdir(mode=PRIVATE, parents=True, exist_ok=True)
            for left in self._folder.glob(f"{path.stem}.*.partial"):
                left.unlink(missing_ok=True)
            with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                self._write(file, model, index)
                file.flush()
                os.fsync(file.fileno())
            partial.replace(path)
        except OSError as error:
            with suppress(OSError):
                partial.unlink(missing_ok=True)
            raise StoreError(f"the index of faces cannot be written: {error.strerror}") from error

    def read(self, model: EmbeddingModel) -> SievedIndex | None:
        """The index that was kept for a model; none where there is none, or none that can be used (with a warning)."""
        try:
            with self._path(model).open("rb") as file:
                return self._read(file, model)
        except FileNotFoundError:
            return None
        except (StoreError, OSError, ValueError) as error:
            _log.warning("the index of faces cannot be read and is made anew, which takes a while: %s", error)
            return None

    def fence(self) -> bytes:
        """What is another one as soon as all was discarded; raises StoreError."""
        try:
            return (self._folder / _FENCE).read_bytes()
        except FileNotFoundError:
            return b""
        except OSError as error:
            raise StoreError(f"the index of faces cannot be read: {error.strerror}") from error

    def discard(self, model: EmbeddingModel | None = None) -> None:
        """Remove what was kept for a model or for all, as where somebody was forgotten; raises StoreError.

        Who is writing a snapshot meanwhile learns of the latter by the `fence`.
        """
        try:
            if model is None:
                self._put_fence()
            for path in self._folder.glob("*.*" if model is None else f"{self._path(model).stem}.*"):
                if not path.name.startswith(_FENCE):  # which another process may be putting
                    path.unlink(missing_ok=True)
        except OSError as error:
            raise StoreError(f"the index of faces cannot be removed: {error.strerror}") from error

    def _put_fence(self) -> None:
        """Make the fence another one: it is never half of one, however many do so at once. Raises StoreError."""
        self._folder.mkdir(mode=PRIVATE, parents=True, exist_ok=True)
        lock = FileLock(self._folder.with_suffix(".lock"), _PATIENCE_S, mode=0o600, poll_interval=_ASKED_EVERY_S)
        try:
            with lock:
                put_whole(self._folder / _FENCE, secrets.token_bytes(_MARK_BYTES))
        except Timeout as error:
            raise StoreError("another process discards the index of faces, and does not end") from error

    def _path(self, model: EmbeddingModel) -> Path:
        return self._folder / f"{hashlib.sha256(_named(model)).hexdigest()[:16]}.vectors"

    def _write(self, file: BinaryIO, model: EmbeddingModel, index: SievedIndex) -> None:
        mark, count, number = secrets.token_bytes(_MARK_BYTES), 0, 0
        file.write(_MAGIC + mark)
        self._write_record(file, _named(model), _place(mark, 0))
        for number, (ids, vectors, signs) in enumerate(index.pieces(), 1):
            columns = (ids.astype(_ID, copy=False), signs, vectors.astype(_HALF, copy=False))
            data = b"".join((len(ids).to_bytes(_NUMBER_BYTES, "big"), *(column.tobytes() for column in columns)))
            self._write_record(file, data, _place(mark, number))
            count += len(ids)
        self._write_record(file, count.to_bytes(_NUMBER_BYTES, "big"), _place(mark, number + 1, is_last=True))

    def _write_record(self, file: BinaryIO, data: bytes, place: bytes) -> None:
        sealed = self._vault.seal(data, place)
        file.write(len(sealed).to_bytes(_LENGTH_BYTES, "big"))
        file.write(sealed)

    def _read(self, file: BinaryIO, model: EmbeddingModel) -> SievedIndex:
        """The index in a file; raises StoreError and ValueError where anything is not as it was written."""
        if file.read(len(_MAGIC)) != _MAGIC:
            raise ValueError("it is of another version")
        mark = file.read(_MARK_BYTES)
        sealed, following = _record(file), _record(file)
        if self._vault.open(sealed, _place(mark, 0)) != _named(model):
            raise ValueError("it is of another model")
        index, number = SievedIndex(), 1
        while upcoming := file.read(_LENGTH_BYTES):
            index.take_back(*_columns(self._vault.open(following, _place(mark, number))))
            following, number = _record(file, upcoming), number + 1
        count = int.from_bytes(self._vault.open(following, _place(mark, number, is_last=True)), "big")
        if not len(index) == len(np.unique(index.ids)) == count:
            raise ValueError("it was changed while it was written")
        return index


def _named(model: EmbeddingModel) -> bytes:
    return json.dumps(astuple(model)).encode()


def _place(mark: bytes, number: int, is_last: bool = False) -> bytes:
    """What a record is sealed for."""
    return b"vectors " + mark + number.to_bytes(_NUMBER_BYTES, "big") + (b" last" if is_last else b"")


def _record(file: BinaryIO, length: bytes = b"") -> bytes:
    """The next record as it is sealed; raises ValueError where the file ends within it."""
    length = length or file.read(_LENGTH_BYTES)
    expected = int.from_bytes(length, "big")
    sealed = file.read(min(expected, _MAX_RECORD_BYTES))
    if len(length) < _LENGTH_BYTES or len(sealed) < expected:
        raise ValueError("it ends too early")
    return sealed


def _columns(data: bytes) -> tuple[Ids, Halves, Bytes]:
    """Ids (b,), vectors (b, d) and signs (b, 64) of a record."""
    count, at = int.from_bytes(data[:_NUMBER_BYTES], "big"), _NUMBER_BYTES
    ids = np.frombuffer(data, _ID, count, at)
    at += ids.nbytes
    signs = np.frombuffer(data, np.uint8, count * SIGN_BYTES, at)
    halves = np.frombuffer(data, _HALF, offset=at + signs.nbytes)
    return ids.astype(np.int64), halves.reshape(count, -1 if count else 0), signs.reshape(count, SIGN_BYTES)
