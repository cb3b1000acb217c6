"""Pictures of faces kept beside the database: the protocol, and a folder of files."""

import os
import re
import uuid
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from mien.domain.errors import StoreError
from mien.store.home import PRIVATE, sync_folder
from mien.store.vault.vault import NUMBER_BYTES, Unopenable, Vault

_NAME = re.compile(r"[0-9a-f]{32}\.face")
_NEW, _ANEW = ".partial", ".anew.partial"
"""What a file is called that is being written: a picture's first one, and one that takes the place of another."""


class PictureDamaged(StoreError):
    """A stored picture that opens by no key that is here."""


class MediaStore(Protocol):
    """Keeps pictures under names of its own making, which say nothing about who is on them."""

    def save(self, image: NDArray[np.uint8]) -> str:
        """Keep a picture (h, w, 3) BGR or (h, w) and return its name; StoreError where it cannot be written."""
        ...

    def load(self, name: str) -> NDArray[np.uint8]:
        """A picture (h, w, 3) BGR by its name; StoreError where there is none."""
        ...

    def delete(self, name: str) -> None:
        """Remove a picture; one that is not there is not an error."""
        ...

    def exists(self, name: str) -> bool:
        """Whether a picture is kept."""
        ...

    def names(self) -> Iterator[str]:
        """The names of all pictures that are kept, in no order."""
        ...

    def older(self, moment: datetime) -> Iterator[str]:
        """The names of pictures that were written before a moment, in no order."""
        ...


class FolderMedia:
    """Pictures as sealed PNG files in a folder, spread over 256 subfolders by the first byte of their random names."""

    def __init__(self, folder: Path, vault: Vault) -> None:
        self._folder = folder
        self._vault = vault

    def save(self, image: NDArray[np.uint8]) -> str:
        name = f"{uuid.uuid4().hex}.face"
        encoded, png = cv2.imencode(".png", image)
        if not encoded:
            raise StoreError(f"a picture of shape {image.shape} cannot be encoded as PNG")
        try:
            self._vault.until_current(lambda: self._write(name, png.tobytes))
        except StoreError:
            with suppress(StoreError):
                self.delete(name)
            raise
        return name

    def _write(self, name: str, content: Callable[[], bytes], suffix: str = _NEW) -> None:
        """Written beside its place and moved there, so that no half-written file ever bears a name.

        ``content`` is asked for when the file beside is there, which `delete` removes too. One process at a time may
        write a name with one suffix.
        """
        path = self._path(name)
        partial = path.with_suffix(suffix)
        try:
            self._folder.mkdir(PRIVATE, parents=True, exist_ok=True)
            path.parent.mkdir(PRIVATE, exist_ok=True)
            partial.unlink(missing_ok=True)  # left by a process that died
            with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                file.write(self._vault.seal(content(), _context(name)))
                file.flush()
                os.fsync(file.fileno())
            partial.replace(path)
        except BaseException as error:
            with suppress(OSError):
                partial.unlink(missing_ok=True)
            if isinstance(error, OSError):
                raise StoreError(f"cannot write a picture to {self._folder}: {error.strerror}") from error
            raise

    def load(self, name: str) -> NDArray[np.uint8]:
        image = cv2.imdecode(np.frombuffer(self._open(name), np.uint8), cv2.IMREAD_COLOR)
        if image is None:
            raise StoreError(f"the picture {name} in {self._folder} is damaged")
        return np.asarray(image, np.uint8)

    def _open(self, name: str) -> bytes:
        try:
            content = self._path(name).read_bytes()
        except OSError as error:
            raise StoreError(f"the picture {name} is not in {self._folder}: {error.strerror}") from error
        try:
            return self._vault.open(content, _context(name))
        except Unopenable as error:
            raise PictureDamaged(f"the picture {name} in {self._folder} cannot be opened: {error}") from error

    def names(self) -> Iterator[str]:
        return (path.name for path in self._folder.glob("??/*.face") if _NAME.fullmatch(path.name))

    def older(self, moment: datetime) -> Iterator[str]:
        """Also removes what a process has left half-written before then."""
        limit_s = moment.timestamp()
        for path in self._folder.glob("??/*"):
            with suppress(FileNotFoundError):  # another process has removed it meanwhile
                if path.stat().st_mtime >= limit_s:
                    continue
                if path.suffix == ".partial":
                    path.unlink()
                elif _NAME.fullmatch(path.name):
                    yield path.name

    def seal_plain(self) -> None:
        """Seal pictures that an earlier version has left unsealed; goes on where it was interrupted."""
        for path in self._folder.glob("??/*.png"):
            self._seal_plain(path)

    def _seal_plain(self, path: Path) -> None:
        name, suffix = f"{path.stem}.face", f".{os.getpid()}.partial"  # another process may do the same
        try:
            self._vault.until_current(lambda: self._write(name, path.read_bytes, suffix))
            sync_folder(path.parent)
            path.unlink(missing_ok=True)
        except (OSError, StoreError) as error:
            if path.exists():
                raise StoreError(f"the picture {path} cannot be encrypted: {error}") from error

    def reseal(self) -> int:
        """Seal with the newest key every picture that another one sealed, to stay so; how many that were.

        What no key opens stays as it is, and `outdated`. One process at a time. Raises StoreError where another picture
        cannot be read or written.
        """
        anew = [name for name in list(self.outdated()) if self._reseal(name)]
        try:
            for folder in {self._path(name).parent for name in anew}:
                sync_folder(folder)
        except OSError as error:
            raise StoreError(f"pictures cannot be written to {self._folder}: {error.strerror}") from error
        return len(anew)

    def outdated(self) -> Iterator[str]:
        """The names of pictures that another key than the newest sealed; StoreError where one cannot be read."""
        return (name for name in self.names() if self._is_outdated(name))

    def _is_outdated(self, name: str) -> bool:
        try:
            with self._path(name).open("rb") as file:
                return not self._vault.is_current(file.read(NUMBER_BYTES))
        except FileNotFoundError:
            return False  # somebody else has removed it meanwhile
        except OSError as error:
            raise StoreError(f"the picture {name} in {self._folder} cannot be read: {error.strerror}") from error

    def _reseal(self, name: str) -> bool:
        try:
            self._write(name, lambda: self._open(name), _ANEW)
        except PictureDamaged:
            return False  # no key brings it back, and no other picture may keep a superseded one for its sake
        except StoreError:
            if self.exists(name):
                raise
            return False  # somebody else has removed it meanwhile
        return True

    def delete(self, name: str) -> None:
        """Also where it is being sealed anew: who does so finds either the picture gone or what was to replace it."""
        path = self._path(name)
        try:
            for one in (path, path.with_suffix(_ANEW), path):  # last what came into its place in between
                one.unlink(missing_ok=True)
        except OSError as error:
            raise StoreError(f"cannot remove the picture {name} from {self._folder}: {error.strerror}") from error

    def exists(self, name: str) -> bool:
        return self._path(name).is_file()

    def _path(self, name: str) -> Path:
        if not _NAME.fullmatch(name):  # a name is looked up as a file, so nothing else than our own may pass
            raise StoreError(f"{name!r} is not the name of a stored picture")
        return self._folder / name[:2] / name


def _context(name: str) -> bytes:
    """A picture opens under its own name only."""
    return b"face " + name.encode()
