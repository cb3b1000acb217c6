"""Live cameras made from files: a view that wanders over a still picture, and a video that plays over and over."""

from collections.abc import Callable, Iterator
from math import pi, sin

import cv2
import numpy as np
from numpy.typing import NDArray

from mien.domain.clock import Clock
from mien.domain.frame import Frame
from mien.sources.closing import Closing
from mien.sources.pixels import ArrayPixels
from mien.sources.source import Source

# Periods in s with no common multiple below minutes: the path is a Lissajous figure that does not visibly repeat.
_PAN_X_S, _PAN_Y_S, _ZOOM_S = 11.0, 17.0, 23.0


class MovingView:
    """An endless camera of ``size`` (width, height) px that pans and zooms slowly over a picture (h, w, 3) BGR.

    The view takes between ``narrowest`` and all of the largest part of that shape that fits into the picture.
    """

    is_live = True
    is_still = False
    frame_count = 0

    def __init__(
        self,
        name: str,
        picture: NDArray[np.uint8],
        clock: Clock,
        *,
        size: tuple[int, int] = (640, 480),
        frame_rate: float = 25.0,
        narrowest: float = 0.6,
    ) -> None:
        self.name = name
        self.frame_rate = frame_rate
        self._picture = picture
        self._clock = clock
        self._size = size
        self._narrowest = narrowest
        self._closing = Closing(lambda: None)

    def frames(self) -> Iterator[Frame]:
        with self._closing.reading():
            started_s = self._clock.monotonic_s()
            index = 0
            while not self._closing.wait(started_s + index / self.frame_rate - self._clock.monotonic_s()):
                time_s = index / self.frame_rate
                pixels = ArrayPixels(self._view(time_s))
                yield Frame(self.name, index, time_s, self._clock.monotonic_s(), pixels)
                index += 1

    def close(self) -> None:
        self._closing.request()

    def _view(self, time_s: float) -> NDArray[np.uint8]:
        width, height = self._size
        picture_height, picture_width = self._picture.shape[:2]
        zoom = 1 - (1 - self._narrowest) * _swing(time_s, _ZOOM_S)
        scale = zoom * min(picture_width / width, picture_height / height)
        left = (picture_width - scale * width) * _swing(time_s, _PAN_X_S)
        top = (picture_height - scale * height) * _swing(time_s, _PAN_Y_S)
        # Pixel centres lie at half numbers: without the shift the view would jitter against its own corners.
        shift = (scale - 1) / 2
        to_picture = np.array([[scale, 0, left + shift], [0, scale, top + shift]])
        flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        edge = cv2.BORDER_REPLICATE
        return np.asarray(cv2.warpAffine(self._picture, to_picture, self._size, flags=flags, borderMode=edge), np.uint8)


def _swing(time_s: float, period_s: float) -> float:
    """From 0 to 1 and back, starting in the middle."""
    return 0.5 + 0.5 * sin(2 * pi * time_s / period_s)


class Replay:
    """A video that plays over and over in real time, as if it were a camera; ``reopen`` opens it for the next round.

    Frames come at the pace of their timestamps, and those that are late come at once. Raises what ``reopen`` and the
    video raise.
    """

    is_live = True
    is_still = False
    frame_count = 0

    def __init__(self, source: Source, reopen: Callable[[], Source], clock: Clock) -> None:
        self.name = source.name
        self.frame_rate = source.frame_rate or 25.0
        self._source = source
        self._reopen = reopen
        self._clock = clock
        self._closing = Closing(self._release)

    def frames(self) -> Iterator[Frame]:
        with self._closing.reading():
            started_s = self._clock.monotonic_s()
            index, round_s = 0, 0.0
            while not self._closing.is_requested:
                time_s = round_s
                for frame in self._source.frames():
                    time_s = round_s + frame.time_s
                    if self._closing.wait(started_s + time_s - self._clock.monotonic_s()):
                        return
                    yield Frame(self.name, index, time_s, self._clock.monotonic_s(), frame.pixels, frame.depth_mm)
                    index += 1
                round_s = time_s + 1 / self.frame_rate
                self._source.close()
                self._source = self._reopen()

    def close(self) -> None:
        self._closing.request()

    def _release(self) -> None:
        self._source.close()
