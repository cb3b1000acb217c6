"""A webcam for processes that have this folder on their PYTHONPATH: a film instead of the machine's camera 0.

``STAND_IN_FILM`` is a video that plays over and over in real time; while a file lies at ``STAND_IN_GONE``, the
camera is unplugged.
"""

import os
import time
from pathlib import Path

import cv2

_FPS = 25.0
_capture = cv2.VideoCapture


class StandIn:
    """What cv2.VideoCapture is for a camera."""

    def __init__(self, number: int) -> None:
        self._gone = Path(os.environ["STAND_IN_GONE"])
        self._film = _capture(os.environ["STAND_IN_FILM"]) if number == 0 and not self._gone.exists() else None
        self._due_s = time.monotonic()

    def isOpened(self) -> bool:  # noqa: N802  as OpenCV calls it
        return self._film is not None and self._film.isOpened()

    def get(self, _property: int) -> float:
        return _FPS

    def read(self) -> tuple[bool, object]:
        if self._film is None or self._gone.exists():
            return False, None
        self._due_s = max(self._due_s + 1 / _FPS, time.monotonic() - 1 / _FPS)
        time.sleep(max(0.0, self._due_s - time.monotonic()))
        is_read, picture = self._film.read()
        if not is_read:
            self._film.set(cv2.CAP_PROP_POS_FRAMES, 0)
            is_read, picture = self._film.read()
        return is_read, picture

    def release(self) -> None:
        if self._film is not None:
            self._film.release()
            self._film = None


def _opened(what: int | str, *more: int) -> object:
    return StandIn(what) if isinstance(what, int) else _capture(what, *more)


if "STAND_IN_FILM" in os.environ:
    cv2.VideoCapture = _opened
