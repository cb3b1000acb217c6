"""Files that are whole or absent: written beside their place under a temporary name, then moved onto it."""

import errno
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Self

from mien.domain.errors import ResultError

_CAUSES = {
    errno.ENOSPC: "the disk is full",
    errno.EDQUOT: "the disk quota is used up",
    errno.EACCES: "there is no permission to write there",
    errno.EPERM: "there is no permission to write there",
    errno.EROFS: "the disk is read-only",
    errno.EFBIG: "the file grew larger than the disk allows",
    errno.ENOTDIR: "a part of the path is a file, not a folder",
    errno.EEXIST: "a file of that name is in the way",
    errno.EISDIR: "a folder of that name is in the way",
    errno.ENAMETOOLONG: "the name is too long",
}


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Turn the operating system's refusals inside the block into one sentence that names the result.

    Raises ResultError in place of every OSError.
    """
    try:
        yield
    except OSError as error:
        cause = _CAUSES.get(error.errno or 0) or error.strerror or str(error) or type(error).__name__
        raise ResultError(f"{path} could not be written: {cause}.") from error


def check_folder(folder: Path) -> None:
    """Raise ResultError where a folder for results cannot be made or written to, as far as can be told; makes none."""
    nearest = folder.absolute()
    with writing(folder):
        while not os.path.lexists(nearest) and nearest != nearest.parent:
            nearest = nearest.parent
        if not nearest.is_dir():
            raise OSError(errno.EEXIST if nearest == folder.absolute() else errno.ENOTDIR, "not a folder")
        if not os.access(nearest, os.W_OK | os.X_OK):
            raise PermissionError(errno.EACCES, "not to be written")


def ensure_folder(folder: Path) -> bool:
    """Make a folder for results where there is none, and say whether it was; raises ResultError where it cannot be."""
    with writing(folder):
        is_new = not folder.exists()
        folder.mkdir(parents=True, exist_ok=True)
    return is_new


class PendingFile:
    """A result under construction: write to ``part``, then ``commit`` or ``discard``. Both may be called again."""

    def __init__(self, path: Path) -> None:
        self.path = path
        # a short name of its own: the final name may already be as long as the file system allows
        self.part = path.with_name(f".{secrets.token_hex(6)}.part{path.suffix[:12]}")

    def commit(self) -> None:
        """Move what was written onto its place, replacing what is there; raises ResultError."""
        if not self.part.exists():
            return
        try:
            with writing(self.path):
                self.part.replace(self.path)
        except ResultError:
            self.discard()
            raise

    def discard(self) -> None:
        """Remove what was written."""
        self.part.unlink(missing_ok=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None:
            self.commit()
        else:
            self.discard()


def pending_text(path: Path, text: str) -> PendingFile:
    """A whole UTF-8 text file under its temporary name, to be committed; raises ResultError and leaves nothing then."""
    pending = PendingFile(path)
    try:
        with writing(path):
            pending.part.write_bytes(text.encode("utf-8"))
    except ResultError:
        pending.discard()
        raise
    return pending
