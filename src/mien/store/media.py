"""Pictures of faces kept beside the database: the protocol, and a folder of files."""

import os
import re
import uuid
from contextlib import suppress
from pathlib import Path
from typing import Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from mien.domain.errors import StoreError
from mien.store.home import PRIVATE

_NAME = re.compile(r"[0-9a-f]{32}\.png")


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


class FolderMedia:
    """Pictures as PNG files in a folder, spread over 256 subfolders by the first byte of their random names."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def save(self, image: NDArray[np.uint8]) -> str:
        """Written beside its place and moved there, so that no half-written file ever bears a name."""
        name = f"{uuid.uuid4().hex}.png"
        path = self._path(name)
        partial = path.with_suffix(".partial")
        encoded, png = cv2.imencode(".png", image)
        if not encoded:
            raise StoreError(f"a picture of shape {image.shape} cannot be encoded as PNG")
        try:
            self._folder.mkdir(PRIVATE, parents=True, exist_ok=True)
            path.parent.mkdir(PRIVATE, exist_ok=True)
            with partial.open("wb") as file:
                file.write(png.tobytes())
                file.flush()
                os.fsync(file.fileno())
            partial.replace(path)
        except OSError as error:
            with suppress(OSError):
                partial.unlink(missing_ok=True)
            raise StoreError(f"cannot write a picture to {self._folder}: {error.strerror}") from error
        return name

    def load(self, name: str) -> NDArray[np.uint8]:
        try:
            content = self._path(name).read_bytes()
        except OSError as error:
            raise StoreError(f"the picture {name} is not in {self._folder}: {error.strerror}") from error
        image = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR) if content else None
        if image is None:
            raise StoreError(f"the picture {name} in {self._folder} is damaged")
        return np.asarray(image, np.uint8)

    def delete(self, name: str) -> None:
        try:
            self._path(name).unlink(missing_ok=True)
        except OSError as error:
            raise StoreError(f"cannot remove the picture {name} from {self._folder}: {error.strerror}") from error

    def exists(self, name: str) -> bool:
        return self._path(name).is_file()

    def _path(self, name: str) -> Path:
        if not _NAME.fullmatch(name):  # a name is looked up as a file, so nothing else than our own may pass
            raise StoreError(f"{name!r} is not the name of a stored picture")
        return self._folder / name[:2] / name
