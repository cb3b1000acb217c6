"""Kinect v1 (Xbox 360) through libfreenect and its Python wrapper ``freenect``."""

from threading import Event, Lock, Thread
from typing import Any

import cv2
import numpy as np

from mien.domain.clock import Clock
from mien.domain.errors import SourceStalled, SourceUnreachable
from mien.sources.depth.depth_source import DepthShot
from mien.sources.depth.drivers import load_driver
from mien.sources.latest import Latest

_INSTALL = (
    "install libfreenect with its Python wrapper (built with -DBUILD_PYTHON3=ON): docs/reference/sources.md tells how"
)
_JOIN_S = 0.5  # a reader that waits for a Kinect that is gone never comes back


def open_kinect(number: int, clock: Clock) -> "Kinect":
    """The machine's n-th Kinect, from 0; raises SourceUnreachable where there is none, or none may be opened."""
    freenect = load_driver("freenect", "a Kinect", _INSTALL)
    if not hasattr(freenect, "DEPTH_REGISTERED"):
        raise SourceUnreachable(
            f"a Kinect cannot be read: its driver freenect is too old to register depth; {_INSTALL}"
        )
    _check_there(freenect, number)
    return Kinect(freenect, number, clock)


class Kinect:
    """One Kinect: 640×480 px in colour, and depth that libfreenect registers to it in millimetres.

    libfreenect waits for ever for a device that is gone, and writes to pictures it has given: a thread of its own
    fetches them and copies them. It pairs each picture with the next depth it is given, which is of the same moment but
    for one picture at most.
    """

    is_live = True
    frame_rate = 30.0
    frame_count = 0

    def __init__(self, freenect: Any, number: int, clock: Clock) -> None:
        self.name = f"kinect:{number}"
        self._freenect = freenect
        self._number = number
        self._clock = clock
        self._latest: Latest[DepthShot] = Latest()
        self._stopping = Event()
        self._is_lost = False
        self._thread = Thread(target=self._fetch, name=self.name, daemon=True)
        _LOOP.enter()
        self._thread.start()

    def read(self, timeout_s: float) -> DepthShot | None:
        shot = self._latest.take(timeout_s)
        if shot is None and self._is_lost:
            raise SourceStalled(f"{self.name} delivers no picture any more")
        return shot

    def close(self) -> None:
        if not self._stopping.is_set():
            self._stopping.set()
            self._latest.close()
            self._thread.join(_JOIN_S)
            _LOOP.leave(self._freenect)

    def _fetch(self) -> None:
        try:
            while not self._stopping.is_set():
                shot = self._shot()
                if shot is None:
                    return
                self._latest.put(shot)
        finally:
            self._is_lost = True
            self._latest.close()

    def _shot(self) -> DepthShot | None:
        """The newest picture, waited for, with the depth that follows; None where libfreenect lost the Kinect."""
        video = self._freenect.sync_get_video(self._number, self._freenect.VIDEO_RGB)
        colour_s = self._clock.monotonic_s()
        depth = self._freenect.sync_get_depth(self._number, self._freenect.DEPTH_REGISTERED)
        if video is None or depth is None:
            return None
        colour = np.asarray(cv2.cvtColor(video[0], cv2.COLOR_RGB2BGR), np.uint8)
        return DepthShot(colour, colour_s, np.array(depth[0], np.uint16), self._clock.monotonic_s())


class _Loop:
    """The one loop by which libfreenect serves all Kinects of a process: stopped when the last one is closed."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._users = 0

    def enter(self) -> None:
        with self._lock:
            self._users += 1

    def leave(self, freenect: Any) -> None:
        with self._lock:
            self._users -= 1
            if self._users == 0:
                freenect.sync_stop()


_LOOP = _Loop()  # libfreenect has one for the whole process


def _check_there(freenect: Any, number: int) -> None:
    """Raise SourceUnreachable where no such Kinect can be had: asked for its pictures, libfreenect writes to stdout."""
    context = freenect.init()
    if context is None:
        raise SourceUnreachable("a Kinect cannot be read: libfreenect finds no USB here")
    try:
        count = freenect.num_devices(context)
        if number >= count:
            raise SourceUnreachable(f"there is no Kinect {number}: {count or 'none'} can be seen here")
        device = freenect.open_device(context, number)
        if device is None:
            raise SourceUnreachable(
                f"kinect:{number} cannot be opened: another program uses it, or you may not use USB"
            )
        freenect.close_device(device)
    finally:
        freenect.shutdown(context)
