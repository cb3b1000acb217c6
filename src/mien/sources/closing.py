"""Closing a device while another thread reads it: the reader lets go of it, so that it never vanishes under a read."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event, Lock

_HANDOVER_S = 2.0  # a closer holds the device for as long as it takes to release it


class Closing:
    """Guards one device: ``release`` is called once, by whoever is the last to need it."""

    def __init__(self, release: Callable[[], None]) -> None:
        self._release = release
        self._requested = Event()
        self._in_use = Lock()
        self._is_released = False

    @property
    def is_requested(self) -> bool:
        """The reader should stop: ask before each read."""
        return self._requested.is_set()

    def wait(self, timeout_s: float) -> bool:
        """Sleep, but no longer than until closing is requested; true where it is."""
        return self._requested.wait(max(0.0, timeout_s))

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Hold the device for the length of the block, and release it where closing was requested meanwhile.

        Raises RuntimeError where somebody else holds it: a device has one reader at a time.
        """
        if not self._in_use.acquire(timeout=_HANDOVER_S):
            raise RuntimeError("a source is read by one reader at a time, and another has not finished")
        try:
            yield
        finally:
            if self.is_requested:
                self._release_once()
            self._in_use.release()

    def request(self) -> None:
        """Ask the reader to stop; where nobody reads, the device is released at once."""
        self._requested.set()
        if self._in_use.acquire(blocking=False):
            try:
                self._release_once()
            finally:
                self._in_use.release()

    def _release_once(self) -> None:
        if not self._is_released:
            self._is_released = True
            self._release()
