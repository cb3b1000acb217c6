"""Pictures: one file, decoded by Pillow and turned upright."""

import stat
import struct
import warnings
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError

from mien.domain.clock import Clock
from mien.domain.errors import SourceNotFound, SourceUnreadable
from mien.domain.frame import Frame
from mien.sources.pixels import ArrayPixels
from mien.telemetry.text import writable

# What Pillow's decoders raise on broken files.
_BROKEN = (OSError, SyntaxError, ValueError, EOFError, IndexError, KeyError, TypeError, struct.error, zlib.error)
_PILLOW_LIMIT = 178.0  # above it Pillow itself refuses, in megapixels
_WIDE_GREY = ("I;16", "I;16L", "I;16B", "I;16N")
_ANIMATED = ("PNG", "WEBP")  # others of several pictures are pages, or views of one scene
SENT_FORMATS = ("JPEG", "PNG", "WEBP", "BMP", "TIFF")
"""Of what kinds pictures may be that come from elsewhere: others start programs, or are rarely tried."""


@dataclass(frozen=True, slots=True)
class SentPicture:
    """A picture that came from elsewhere: what its file is called there, and the bytes of that."""

    name: str
    content: bytes

    def __str__(self) -> str:
        return self.name


def check_file(path: str) -> int:
    """The size in bytes of a file that is to be read; raises SourceNotFound, SourceUnreadable where there is none.

    A folder is none, nor is a pipe or a device: reading from these may never end.
    """
    try:
        found = Path(path).stat()
    except (FileNotFoundError, NotADirectoryError, ValueError):
        raise SourceNotFound(f"{path} does not exist") from None
    except PermissionError:
        raise SourceUnreadable(f"{path} cannot be read: permission denied") from None
    except OSError as error:
        raise SourceNotFound(f"{path} cannot be found: {error.strerror or type(error).__name__}") from None
    if stat.S_ISDIR(found.st_mode):
        raise SourceUnreadable(f"{path} is a folder, and a single picture or video was expected")
    if not stat.S_ISREG(found.st_mode):
        raise SourceUnreadable(f"{path} is neither a file nor a folder")
    return found.st_size


def is_picture(path: str) -> bool:
    """The file's head is that of a picture Pillow reads (a GIF is a video to mien); nothing is decoded."""
    try:
        with _quietly(), Image.open(path) as image:
            return image.format != "GIF"
    except (*_BROKEN, Image.DecompressionBombError):
        return False


def read_picture(path: str, max_megapixels: float) -> NDArray[np.uint8]:
    """Decode a picture file to (h, w, 3) BGR uint8, upright.

    EXIF rotation is applied, CMYK, palette and grey become colour, 16 bits are scaled to 8, transparent parts show
    white, and of an animation (PNG, WebP) or a multi-page TIFF the first picture is taken. Colour profiles are not
    applied. Raises SourceUnreadable for files that are empty, cut short, no picture, or above ``max_megapixels``,
    which is read from the head before anything is decoded, and for what is no file, and SourceNotFound.
    """
    if check_file(path) == 0:
        raise SourceUnreadable(f"{path} cannot be read as a picture: it is empty")
    with _opened(path, path, max_megapixels) as image:
        return _to_bgr(path, image)


def read_wide_grey(path: str, max_megapixels: float) -> NDArray[np.uint16]:
    """Decode a grey picture file of 16 bits to (h, w) uint16, its values as they are, upright.

    Raises as `read_picture` does, and SourceUnreadable for any other kind of picture.
    """
    if check_file(path) == 0:
        raise SourceUnreadable(f"{path} cannot be read as a picture: it is empty")
    with _opened(path, path, max_megapixels) as image:
        if image.mode not in _WIDE_GREY:
            raise SourceUnreadable(
                f"{path} was expected to be a grey picture of 16 bits, and is of the kind {image.mode}"
            )
        return np.asarray(image).astype(np.uint16)


def decode_picture(
    content: bytes, name: str, max_megapixels: float, formats: tuple[str, ...] | None = None, *, is_still: bool = False
) -> NDArray[np.uint8]:
    """Decode a picture in memory as `read_picture` does one in a file; ``name`` is what errors call it.

    Where ``formats`` (as Pillow calls them) are named, it must be of one of these; ``is_still``: no animation. Raises
    SourceUnreadable.
    """
    if not content:
        raise SourceUnreadable(f"{name} cannot be read as a picture: it is empty")
    with _opened(BytesIO(content), name, max_megapixels, formats, is_still=is_still) as image:
        return _to_bgr(name, image)


@contextmanager
def _opened(
    file: str | BytesIO,
    name: str,
    max_megapixels: float,
    formats: tuple[str, ...] | None = None,
    *,
    is_still: bool = False,
) -> Iterator[Image.Image]:
    """A picture that is decoded and upright; what goes wrong with it, in the block too, raises SourceUnreadable."""
    try:
        with _quietly(), Image.open(file, formats=formats) as image:
            if is_still and image.format in _ANIMATED and getattr(image, "is_animated", False):
                raise SourceUnreadable(f"{name} is an animation, and a picture that stands still was expected")
            _check_size(name, image, max_megapixels)
            image.load()
            ImageOps.exif_transpose(image, in_place=True)
            yield image
    except UnidentifiedImageError:
        raise SourceUnreadable(f"{name} cannot be read as a picture: it is of no known kind") from None
    except Image.DecompressionBombError:
        limit = min(max_megapixels, _PILLOW_LIMIT)
        raise SourceUnreadable(f"{name} is too large: it has more than the allowed {limit:g} megapixels") from None
    except _BROKEN as error:
        raise SourceUnreadable(f"{name} cannot be read as a picture: {_explain(error)}") from None


class Picture:
    """One picture as a source of one frame; it is decoded when its frame is asked for."""

    is_live = False
    is_still = True
    frame_rate = 0.0
    frame_count = 1

    def __init__(self, path: str, clock: Clock, max_megapixels: float) -> None:
        self.name = writable(path)
        self._path = path
        self._clock = clock
        self._max_megapixels = max_megapixels

    def frames(self) -> Iterator[Frame]:
        pixels = ArrayPixels(read_picture(self._path, self._max_megapixels))
        yield Frame(self.name, 0, 0.0, self._clock.monotonic_s(), pixels)

    def close(self) -> None:
        """Nothing is held between frames."""


def _check_size(path: str, image: Image.Image, max_megapixels: float) -> None:
    megapixels = image.width * image.height / 1e6
    if megapixels > max_megapixels:
        raise SourceUnreadable(
            f"{path} is too large: {image.width}×{image.height} px are {megapixels:.0f} megapixels, "
            f"at most {max_megapixels:g} are allowed"
        )


def _to_bgr(path: str, image: Image.Image) -> NDArray[np.uint8]:
    if image.mode in _WIDE_GREY:
        return ArrayPixels(np.asarray(image).astype(np.uint16)).bgr()
    if image.mode in ("I", "F"):
        raise SourceUnreadable(f"{path} cannot be read as a picture: its values are 32-bit numbers, not grey levels")
    if image.mode in ("RGBA", "LA", "PA", "La", "RGBa") or "transparency" in image.info:
        opaque = image if image.mode == "RGBA" else image.convert("RGBA")
        coloured = Image.new("RGB", image.size, "white")
        coloured.paste(opaque, mask=opaque)
    else:
        coloured = image if image.mode == "RGB" else image.convert("RGB")
    return np.frombuffer(coloured.tobytes("raw", "BGR"), np.uint8).reshape(image.height, image.width, 3)


def _quietly() -> warnings.catch_warnings:
    """Pillow warns on stderr about odd EXIF blocks and large pictures; mien judges both itself."""
    return warnings.catch_warnings(action="ignore")


def _explain(error: Exception) -> str:
    if isinstance(error, PermissionError):
        return "permission denied"
    return "it is cut short" if "truncated" in str(error).lower() else "it is damaged"
