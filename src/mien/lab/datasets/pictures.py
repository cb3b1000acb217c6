"""Decoding the pictures of a dataset: every one readable, of 8 bits, upright, or one clear error."""

from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from mien.domain.errors import SourceUnreadable
from mien.domain.frame import Pixels
from mien.sources.images import read_picture
from mien.sources.pixels import ArrayPixels

MAX_MEGAPIXELS = 50.0
Grey = NDArray[np.uint8]


def open_picture(picture: bytes | Path, where: str = "an encoded picture") -> Pixels:
    """A picture by its path or its encoded bytes; grey and 16-bit ones are known by what they are.

    Raises SourceNotFound, SourceUnreadable.
    """
    if isinstance(picture, Path):
        return ArrayPixels(read_picture(str(picture), MAX_MEGAPIXELS))
    decoded: Any = cv2.imdecode(np.frombuffer(picture, np.uint8), cv2.IMREAD_UNCHANGED) if picture else None
    if decoded is None or decoded.dtype not in (np.uint8, np.uint16):
        raise SourceUnreadable(f"{where} cannot be read as a picture")
    return ArrayPixels(decoded)


def thumbnail(pixels: Pixels, side_px: int) -> Grey:
    """The whole picture in grey (s, s)."""
    return np.asarray(cv2.cvtColor(pixels.scaled(side_px, side_px), cv2.COLOR_BGR2GRAY), np.uint8)
