"""Sources whose background nobody sees: their frames are painted before anything else looks at them."""

import logging
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from mien.domain.frame import Frame, Pixels
from mien.sources.pixels import ArrayPixels
from mien.sources.source import Source
from mien.vision.depth.masking import without_background
from mien.vision.depth.settings import DepthSettings

Picture = NDArray[np.uint8]

_log = logging.getLogger(__name__)


def masked(source: Source, settings: DepthSettings) -> Source:
    """A source without its background, where that is to be masked; else the source as it is."""
    return MaskedSource(source, settings.far_m) if settings.mask_background else source


class MaskedSource:
    """A source with the background of its frames painted grey; of a frame without depth all is painted.

    How somebody moves who was measured a moment ago is not guessed: a mask of then would show what they hid.
    """

    def __init__(self, source: Source, far_m: float) -> None:
        self._source = source
        self._far_m = far_m

    @property
    def name(self) -> str:
        return self._source.name

    @property
    def is_live(self) -> bool:
        return self._source.is_live

    @property
    def frame_rate(self) -> float:
        return self._source.frame_rate

    @property
    def frame_count(self) -> int:
        return self._source.frame_count

    @property
    def is_still(self) -> bool:
        return self._source.is_still

    def frames(self) -> Iterator[Frame]:
        is_told = False
        for frame in self._source.frames():
            if frame.depth_mm is None and not is_told:
                _log.warning("a frame without depth is grey all over, for depth.mask_background is on")
                is_told = True
            yield _without(frame, self._far_m)

    def close(self) -> None:
        self._source.close()


def _without(frame: Frame, far_m: float) -> Frame:
    return replace(frame, pixels=_MaskedPixels(frame.pixels, frame.depth_mm, far_m))


class _MaskedPixels:
    """A picture that is painted when somebody first looks at it: frames that are dropped cost nothing."""

    __slots__ = ("_depth_mm", "_far_m", "_painted", "_pixels")

    def __init__(self, pixels: Pixels, depth_mm: NDArray[np.uint16] | None, far_m: float) -> None:
        self._pixels = pixels
        self._depth_mm = depth_mm
        self._far_m = far_m
        self._painted: ArrayPixels | None = None

    @property
    def width(self) -> int:
        return self._pixels.width

    @property
    def height(self) -> int:
        return self._pixels.height

    def bgr(self) -> Picture:
        return self._whole().bgr()

    def scaled(self, width: int, height: int) -> Picture:
        return self._whole().scaled(width, height)

    def luma(self, width: int, height: int) -> Picture:
        return self._whole().luma(width, height)

    def region(self, x1: int, y1: int, x2: int, y2: int) -> Picture:
        return self._whole().region(x1, y1, x2, y2)

    def _whole(self) -> ArrayPixels:
        # Two threads at once paint the same picture twice, which is no harm.
        if self._painted is None:
            self._painted = ArrayPixels(without_background(self._pixels.bgr(), self._depth_mm, self._far_m))
        return self._painted
