"""Files that people leave a home in: whole or absent, and for nobody's eyes but their owner's."""

import hashlib
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from io import BufferedRandom
from pathlib import Path
from typing import BinaryIO

from mien.domain.errors import ResultError, UsageError
from mien.store.home import PRIVATE


def check_free(path: Path, *, overwrites: bool) -> None:
    """Raise UsageError where a file must not take the place of what is there, ResultError where nobody may look."""
    try:
        if path.is_dir():
            raise UsageError(f"{path} is a folder: name a file in it")
        if path.exists() and not path.is_file():
            raise UsageError(f"{path} is there already, and is no file that could be replaced")
        if path.exists() and not overwrites:
            raise UsageError(f"{path} is there already: --overwrite replaces it")
    except OSError as error:
        raise ResultError(f"{path} could not be written: {error.strerror or error}") from error


def part_of(path: Path) -> Path:
    """A place beside a file for what is not all of it yet, under a short name: the file's may be as long as may be."""
    return path.with_name(f".{secrets.token_hex(6)}.part")


class OutgoingFile:
    """A file that is written beside its place and put there last. OSErrors come as they are."""

    def __init__(self, path: Path, part: Path, file: BufferedRandom) -> None:
        self._path, self._part = path, part
        self.file = file

    def digest(self) -> str:
        """The SHA-256 of what was written, in hexadecimal digits."""
        self.file.seek(0)  # those who write a zip go back in it, so that no digest goes along with them
        return hashlib.file_digest(self.file, "sha256").hexdigest()

    def finish(self) -> None:
        """Bring all of it to the disk, after which nothing more is written."""
        self.file.flush()
        os.fsync(self.file.fileno())
        self.file.close()

    def put(self) -> None:
        """Move it, finished, to its place."""
        self._part.replace(self._path)


@contextmanager
def outgoing_file(path: Path, part: Path) -> Iterator[OutgoingFile]:
    """A file to write to, under the name of ``part`` until it is put in its place; raises ResultError for OSError.

    Where it is not put there nothing is left of it. It is readable by its owner alone, and so is its folder where there
    was none; the one above has to be there, for a path with a slip in it leads to no place that anybody looks at.
    """
    try:
        path.parent.mkdir(PRIVATE, exist_ok=True)
        descriptor = os.open(part, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with os.fdopen(descriptor, "w+b") as file:
                yield OutgoingFile(path, part, file)
        finally:
            part.unlink(missing_ok=True)
    except OSError as error:
        raise ResultError(f"{path} could not be written: {error.strerror or error}") from error


@contextmanager
def whole_file(path: Path, part: Path) -> Iterator[BinaryIO]:
    """A file to write to, which moves from ``part`` to its place once all is written; as `outgoing_file` otherwise."""
    with outgoing_file(path, part) as outgoing:
        yield outgoing.file
        outgoing.finish()
        outgoing.put()


def digest_of(path: Path) -> str:
    """The SHA-256 of a file, in hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
