"""The way of live cameras' visits into the book: in a thread of its own, for a camera waits for no disk."""

import logging
from collections import deque
from collections.abc import Callable, Collection, Sequence, Set
from threading import Condition, Thread
from types import TracebackType
from typing import Self

from mien.domain.errors import MienError, StoreError
from mien.domain.people.sightings import Sighting
from mien.gallery.matching.linkage import Floats
from mien.gallery.matching.views import View
from mien.gallery.strangers.visits import Visits

_MOST = 1000  # visits of some 30 kB: a crowd that passes while a disk hangs
_log = logging.getLogger(__name__)


class VisitQueue:
    """Tells another book of visits one after the other, in the order in which they are told.

    What cannot be kept ends no camera: why is logged, each reason once, and how much was lost in the end. Where too
    much is waiting, whoever tells waits too. Strangers are met at once.
    """

    def __init__(self, visits: Visits) -> None:
        self._visits = visits
        self._waiting: deque[Callable[[], None]] = deque()
        self._changed = Condition()
        self._is_closing = False
        self._faults: set[str] = set()
        self._lost = 0
        self._thread = Thread(target=self._run, name="mien-visits", daemon=True)
        self._thread.start()

    def meet(self, mean: Floats, length: float, views: Sequence[View], barred: Set[str], origin: str) -> str:
        return self._visits.meet(mean, length, views, barred, origin)

    def together(self, pairs: Collection[tuple[str, str]]) -> None:
        self._put(lambda: self._visits.together(pairs))

    def ended(self, sighting: Sighting, views: Sequence[View]) -> None:
        self._put(lambda: self._visits.ended(sighting, views))

    def close(self) -> None:
        """Keep what is waiting and end the thread; idempotent."""
        with self._changed:
            is_first = not self._is_closing
            self._is_closing = True
            self._changed.notify_all()
        self._thread.join()
        if is_first and self._lost:
            _log.warning("%d visits could not be kept: %s", self._lost, "; ".join(sorted(self._faults)))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def _put(self, told: Callable[[], None]) -> None:
        with self._changed:
            self._changed.wait_for(lambda: self._is_closing or len(self._waiting) < _MOST)
            if self._is_closing:
                raise StoreError("the book of visits is closed")
            self._waiting.append(told)
            self._changed.notify_all()

    def _run(self) -> None:
        while (told := self._next()) is not None:
            try:
                told()
            except Exception as error:  # in this thread nobody would hear of it
                self._note(error)

    def _next(self) -> Callable[[], None] | None:
        with self._changed:
            self._changed.wait_for(lambda: self._is_closing or self._waiting)
            told = self._waiting.popleft() if self._waiting else None
            self._changed.notify_all()
            return told

    def _note(self, error: Exception) -> None:
        self._lost += 1
        reason = str(error) if isinstance(error, MienError) else f"{type(error).__name__}: {error}"
        if reason not in self._faults:
            self._faults.add(reason)
            _log.warning("a visit could not be kept: %s", reason)
