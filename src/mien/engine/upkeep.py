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

    Why it failed is logged, each reason once, and it is tried again the next time: nothing that is raised ends it.
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
        except Exception as error:  # a defect must not end it for as long as a camera is watched
            self._note_fault(error)

    def _note_fault(self, error: Exception) -> None:
        is_foreseen = isinstance(error, MienError | OSError)
        fault = str(error) if is_foreseen else type(error).__name__
        if fault not in self._faults:
            self._faults.add(fault)
            _log.warning(
                "what has been kept long enough could not be removed: %s", error if is_foreseen else repr(error)
            )
            if not is_foreseen:
                _log.debug("what failed in it", exc_info=error)

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
