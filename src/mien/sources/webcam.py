"""Webcams by their number, through OpenCV."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock

import cv2
import numpy as np

from mien.domain.clock import Clock
from mien.domain.errors import SourceStalled, SourceUnreachable
from mien.domain.frame import Frame
from mien.sources.closing import Closing
from mien.sources.pixels import ArrayPixels

_OPENING = Lock()  # the level of OpenCV's log is one for the whole process


def open_webcam(number: int, clock: Clock, *, is_mirrored: bool = False) -> "Webcam":
    """The machine's n-th camera, from 0; raises SourceUnreachable where there is none or it is taken."""
    with _OPENING, _silent():
        capture = cv2.VideoCapture(number)
    if not capture.isOpened():
        capture.release()
        raise SourceUnreachable(f"there is no webcam {number}, or another program is using it")
    return Webcam(capture, f"webcam:{number}", clock, is_mirrored=is_mirrored)


class Webcam:
    """One opened device; ``is_mirrored`` flips its picture left to right."""

    is_live = True
    is_still = False
    frame_count = 0

    def __init__(self, capture: cv2.VideoCapture, name: str, clock: Clock, *, is_mirrored: bool = False) -> None:
        self.name = name
        self.frame_rate = float(capture.get(cv2.CAP_PROP_FPS))
        self._capture = capture
        self._clock = clock
        self._is_mirrored = is_mirrored
        self._closing = Closing(capture.release)

    def frames(self) -> Iterator[Frame]:
        with self._closing.reading():
            started_s = self._clock.monotonic_s()
            index = 0
            while not self._closing.is_requested:
                is_read, image = self._capture.read()
                if not is_read:
                    raise SourceStalled(f"{self.name} delivers no picture any more")
                captured_s = self._clock.monotonic_s()
                upright = cv2.flip(image, 1) if self._is_mirrored else image
                pixels = ArrayPixels(np.asarray(upright, np.uint8))
                yield Frame(self.name, index, captured_s - started_s, captured_s, pixels)
                index += 1

    def close(self) -> None:
        self._closing.request()


@contextmanager
def _silent() -> Iterator[None]:
    """Keep OpenCV from writing to stderr, past every log, which of its backends could not open a device."""
    level = cv2.utils.logging.getLogLevel()
    cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)
    try:
        yield
    finally:
        cv2.utils.logging.setLogLevel(level)
