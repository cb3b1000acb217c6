"""Decoding the pictures of a dataset: every one readable, of 8 bits, upright, or one clear error."""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import cv2
import numpy as np
from numpy.typing import NDArray

from mien.domain.errors import SourceUnreadable
from mien.domain.frame import Pixels
from mien.sources.images import check_file, read_picture
from mien.sources.pixels import ArrayPixels

MAX_MEGAPIXELS = 50.0
Grey = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class PictureFile:
    """A picture by its path, and the sha256 (32 bytes) of what the file held when its dataset was imported."""

    path: Path
    digest: bytes

    @classmethod
    def of(cls, path: Path) -> Self:
        """A picture as it is now; raises SourceNotFound, SourceUnreadable."""
        return cls(path, _digest(path))


def open_picture(picture: bytes | PictureFile, where: str = "an encoded picture") -> Pixels:
    """A picture of a file or of encoded bytes; grey and 16-bit ones are known by what they are.

    Raises SourceNotFound, and SourceUnreadable for what is no picture, or a file that has changed since the import.
    """
    if isinstance(picture, PictureFile):
        if _digest(picture.path) != picture.digest:
            raise SourceUnreadable(f"{picture.path} has changed since it was imported: import the dataset anew")
        return ArrayPixels(read_picture(str(picture.path), MAX_MEGAPIXELS))
    decoded: Any = cv2.imdecode(np.frombuffer(picture, np.uint8), cv2.IMREAD_UNCHANGED) if picture else None
    if decoded is None or decoded.dtype not in (np.uint8, np.uint16):
        raise SourceUnreadable(f"{where} cannot be read as a picture")
    return ArrayPixels(decoded)


def thumbnail(pixels: Pixels, side_px: int) -> Grey:
    """The whole picture in grey (s, s)."""
    return np.asarray(cv2.cvtColor(pixels.scaled(side_px, side_px), cv2.COLOR_BGR2GRAY), np.uint8)


def is_grey(pixels: Pixels) -> bool:
    """Whether a picture has no colours: all of its channels are equal."""
    blue, green, red = cv2.split(pixels.bgr())
    return bool(np.array_equal(blue, green) and np.array_equal(green, red))


def _digest(path: Path) -> bytes:
    check_file(str(path))
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").digest()
    except OSError as error:
        raise SourceUnreadable(f"{path} cannot be read: {error.strerror or error}") from error
