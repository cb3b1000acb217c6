"""Pictures that are converted on demand: from an array in memory, or from the planes a video decoder left."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock

import av
import cv2
import numpy as np
from av.error import FFmpegError
from numpy.typing import NDArray

from mien.domain.errors import SourceUnreadable
from mien.sources.colours import BT601, UNSAID, ToBt601, is_known, to_bt601

Image = NDArray[np.uint8]
_PLANAR_420 = ("yuv420p", "yuvj420p")
_TURNS = {90: cv2.ROTATE_90_COUNTERCLOCKWISE, 180: cv2.ROTATE_180, 270: cv2.ROTATE_90_CLOCKWISE}


class ArrayPixels:
    """A picture held as an array, uint8 or uint16: (h, w) grey, (h, w, 3) BGR or (h, w, 4) BGRA.

    16-bit values are scaled to 8 bits and transparent parts show white. An 8-bit grey or BGR array is not copied, so it
    must not be written to any more. Raises ValueError for other shapes and types.
    """

    __slots__ = ("_bgr",)

    def __init__(self, array: NDArray[np.uint8] | NDArray[np.uint16]) -> None:
        self._bgr = _frozen(_as_bgr(array))

    @property
    def width(self) -> int:
        return int(self._bgr.shape[1])

    @property
    def height(self) -> int:
        return int(self._bgr.shape[0])

    def bgr(self) -> Image:
        return self._bgr

    def scaled(self, width: int, height: int) -> Image:
        return _frozen(_resized(self._bgr, width, height))

    def luma(self, width: int, height: int) -> Image:
        grey = cv2.cvtColor(_resized(self._bgr, width, height), cv2.COLOR_BGR2GRAY)
        return _frozen(np.asarray(grey, np.uint8))

    def region(self, x1: int, y1: int, x2: int, y2: int) -> Image:
        _check_region((x1, y1, x2, y2), self.width, self.height)
        return self._bgr[y1:y2, x1:x2]


class VideoPixels:
    """A decoded video frame, upright: ``rotation`` is the angle by which it is turned counterclockwise, to full 90°.

    8-bit 4:2:0 frames, which is what nearly every video and camera delivers, are scaled and cut plane by plane before
    they become BGR (half the time of swscale); every other format goes through swscale whole. ``luma`` is as the video
    stores it: 16 to 235 for black to white in the usual limited range. Conversions raise SourceUnreadable, which names
    the video ``name``, where a format cannot be converted.
    """

    __slots__ = ("_bgr", "_frame", "_lock", "_name", "_rotation", "_to_601")

    def __init__(self, frame: av.VideoFrame, rotation: float = 0, name: str = "the video") -> None:
        self._frame = frame
        self._name = name
        self._rotation = round(rotation / 90) * 90 % 360
        self._bgr: Image | None = None
        self._lock = Lock()  # swscale works on attributes of the frame: one thread at a time
        if not frame.format.is_rgb and not is_known(frame.colorspace):
            frame.colorspace = UNSAID  # some cameras write reserved numbers, which swscale refuses
        is_planar = frame.format.name in _PLANAR_420 and all(plane.line_size > 0 for plane in frame.planes)
        is_full_range = frame.format.name == "yuvj420p" or frame.color_range == av.video.reformatter.ColorRange.JPEG
        self._to_601: ToBt601 | None = to_bt601(frame.colorspace, is_full_range) if is_planar else None

    @property
    def width(self) -> int:
        return self._frame.width if self._rotation % 180 == 0 else self._frame.height

    @property
    def height(self) -> int:
        return self._frame.height if self._rotation % 180 == 0 else self._frame.width

    def bgr(self) -> Image:
        if self._bgr is None:
            with self._converting():
                whole = self._swscaled("bgr24", self._frame.width, self._frame.height)
                self._bgr = _frozen(self._upright(whole))
        return self._bgr

    def scaled(self, width: int, height: int) -> Image:
        _check_size(width, height)
        if self._bgr is not None:
            return _frozen(_resized(self._bgr, width, height))
        stored_width, stored_height = self._stored_size(width, height)
        with self._converting():
            if self._to_601 is None:
                small = self._swscaled("bgr24", stored_width, stored_height)
            else:
                small = _bgr_of_planes(self._planes(), stored_width, stored_height, self._to_601)
            return _frozen(self._upright(small))

    def luma(self, width: int, height: int) -> Image:
        _check_size(width, height)
        stored_width, stored_height = self._stored_size(width, height)
        with self._converting():
            if self._to_601 is None:
                small = self._swscaled("gray", stored_width, stored_height)
            else:
                small = _resized(self._planes()[0], stored_width, stored_height)
            return _frozen(self._upright(small))

    def region(self, x1: int, y1: int, x2: int, y2: int) -> Image:
        _check_region((x1, y1, x2, y2), self.width, self.height)
        if self._bgr is not None or self._to_601 is None:
            return self.bgr()[y1:y2, x1:x2]
        left, top, right, bottom = self._stored_box(x1, y1, x2, y2)
        # A chroma sample is shared by 2×2 px: the cut starts at an even pixel, and what is too much goes afterwards.
        even_left, even_top = left & ~1, top & ~1
        half = slice(even_top // 2, (bottom + 1) // 2), slice(even_left // 2, (right + 1) // 2)
        with self._converting():
            luma, *chroma = self._planes()
            planes = luma[even_top:bottom, even_left:right], chroma[0][half], chroma[1][half]
            part = _bgr_of_planes(planes, right - even_left, bottom - even_top, self._to_601)
            return _frozen(self._upright(part[top - even_top :, left - even_left :]))

    @contextmanager
    def _converting(self) -> Iterator[None]:
        try:
            yield
        except (FFmpegError, ValueError, cv2.error):
            raise SourceUnreadable(
                f"{self._name} holds a picture of {self._frame.width}×{self._frame.height} px in the format "
                f"{self._frame.format.name} that cannot be converted"
            ) from None

    def _planes(self) -> tuple[Image, ...]:
        """Views of Y (h, w) and U, V (half of it, rounded up); nothing is copied."""
        return tuple(
            np.frombuffer(memoryview(plane), np.uint8).reshape(plane.height, plane.line_size)[:, : plane.width]
            for plane in self._frame.planes
        )

    def _swscaled(self, pixel_format: str, width: int, height: int) -> Image:
        with self._lock:
            frame = self._frame.reformat(width, height, pixel_format, interpolation="AREA", threads=1)
            return np.asarray(frame.to_ndarray(), np.uint8)

    def _upright(self, image: Image) -> Image:
        if self._rotation == 0:
            return image
        return np.asarray(cv2.rotate(image, _TURNS[self._rotation]), np.uint8)

    def _stored_size(self, width: int, height: int) -> tuple[int, int]:
        return (width, height) if self._rotation % 180 == 0 else (height, width)

    def _stored_box(self, x1: int, y1: int, x2: int, y2: int) -> tuple[int, int, int, int]:
        """Where a box of the upright picture lies in the stored one."""
        width, height = self._frame.width, self._frame.height
        match self._rotation:
            case 90:
                return width - y2, x1, width - y1, x2
            case 180:
                return width - x2, height - y2, width - x1, height - y1
            case 270:
                return y1, height - x2, y2, height - x1
        return x1, y1, x2, y2


def _bgr_of_planes(planes: tuple[Image, ...], width: int, height: int, to_601: ToBt601) -> Image:
    """Resample 4:2:0 planes to one size and convert them: I420, the layout OpenCV converts, needs even sides."""
    even_width, even_height = width + (width & 1), height + (height & 1)
    stacked = np.empty((even_height * 3 // 2, even_width), np.uint8)
    luma = stacked[:even_height]
    half = (even_height // 2, even_width // 2)
    chroma = stacked[even_height:].reshape(2, *half)
    luma[:height, :width] = _resized(planes[0], width, height)
    luma[:height, width:] = luma[:height, width - 1 : width]
    luma[height:] = luma[height - 1 : height]
    for target, plane in zip(chroma, planes[1:], strict=True):
        target[:] = _resized(plane, half[1], half[0])
    if to_601 != BT601:
        to_601.apply(luma, chroma[0], chroma[1])
    return np.asarray(cv2.cvtColor(stacked, cv2.COLOR_YUV2BGR_I420), np.uint8)[:height, :width]


def _as_bgr(array: NDArray[np.uint8] | NDArray[np.uint16]) -> Image:
    if array.dtype not in (np.uint8, np.uint16) or array.size == 0:
        raise ValueError(f"expected a picture of uint8 or uint16 values, got {array.dtype} of shape {array.shape}")
    scaled = cv2.convertScaleAbs(array, alpha=1 / 257) if array.dtype == np.uint16 else array
    image = np.asarray(scaled, np.uint8).reshape(array.shape)
    match image.shape:
        case (_, _) | (_, _, 1):
            return np.asarray(cv2.cvtColor(image, cv2.COLOR_GRAY2BGR), np.uint8)
        case (_, _, 3):
            return image
        case (_, _, 4):
            return _on_white(image)
    raise ValueError(f"expected a picture (h, w), (h, w, 3) BGR or (h, w, 4) BGRA, got shape {array.shape}")


def _on_white(image: Image) -> Image:
    """Colours (h, w, 3) of a picture with opacity (h, w, 4), laid on a white ground."""
    opacity = image[..., 3:].astype(np.uint16)
    blended = image[..., :3] * opacity + 255 * (255 - opacity)
    return ((blended + 127) // 255).astype(np.uint8)


def _resized(image: Image, width: int, height: int) -> Image:
    _check_size(width, height)
    stored_height, stored_width = image.shape[:2]
    if (stored_width, stored_height) == (width, height):
        return image
    is_smaller = width <= stored_width and height <= stored_height
    interpolation = cv2.INTER_AREA if is_smaller else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(image, (width, height), interpolation=interpolation), np.uint8)


def _frozen(image: Image) -> Image:
    view = image.view()
    view.flags.writeable = False
    return view


def _check_size(width: int, height: int) -> None:
    if width < 1 or height < 1:
        raise ValueError(f"expected a size of at least 1×1 px, got {width}×{height}")


def _check_region(box: tuple[int, int, int, int], width: int, height: int) -> None:
    x1, y1, x2, y2 = box
    if not (0 <= x1 < x2 <= width and 0 <= y1 < y2 <= height):
        raise ValueError(f"the part {box} is empty or not wholly inside a picture of {width}×{height} px")
