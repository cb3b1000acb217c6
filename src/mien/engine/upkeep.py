"""Work that has to be done now and then beside everything else, and must not disturb it."""

import logging
from collections.abc import Callable
from threading import Event, Thread
from types import TracebackType
from typing import Self

from mien.domain.errors import MienError

MINUTE_S, HOUR_S = 60.0, 3600.0
_log = logging.getLogger(__name__)


class Upkeep:
    """Does some work once, or again and again while its context is open, in a thread of its own.

    Why it failed is logged, each reason once, and it is tried again the next time.
    """

    def __init__(self, work: Callable[[], object], every_s: float = HOUR_S) -> None:
        self._work = work
        self._every_s = every_s
        self._faults: set[str] = set()
        self._is_over = Event()
        self._thread = Thread(target=self._go_on, name="upkeep", daemon=True)

    def once(self) -> None:
        """Do it now."""
        try:
            self._work()
        except (MienError, OSError) as error:
            if str(error) not in self._faults:
                self._faults.add(str(error))
                _log.warning("what has been kept long enough could not be removed: %s", error)

    def _go_on(self) -> None:
        self.once()
        while not self._is_over.wait(self._every_s):
            self.once()

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._is_over.set()
        self._thread.join()
