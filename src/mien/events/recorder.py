"""The way of events and readings into the store: events wait for room, readings may be dropped and are counted."""

import logging
import threading
from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

from mien.domain.errors import StoreBusy, StoreError
from mien.domain.events import Event
from mien.domain.readings import FrameReading
from mien.store.history.events import EventStore
from mien.store.history.readings import ReadingStore, Run
from mien.telemetry.text import counted

_FLUSH_S = 0.5  # one transaction for what came in meanwhile
_MOST_EVENTS = 1000
_MOST_READINGS = 2000  # frames: about a minute of four cameras at 10 frames/s
_MOST_WAITING_S = 300.0  # for room, and so for a database that nobody can write to: who holds it for longer hangs
_LAST_TRIES = 2  # when it is closed; a store has its own patience with whoever keeps it locked
_log = logging.getLogger(__name__)


@dataclass(slots=True)
class _Waiting:
    """What is on its way into the store."""

    events: list[Event] = field(default_factory=list)
    readings: deque[tuple[Run, FrameReading]] = field(default_factory=deque)

    def __str__(self) -> str:
        return f"{counted(len(self.events), 'event')} and the readings of {counted(len(self.readings), 'frame')}"


class Recorder:
    """Writes what several cameras tell in a thread of its own. Safe for several threads.

    While another process keeps the database locked, it tries again. Where something cannot be written, the recorder
    stops, and every later call raises a StoreError that says why. ``on_recorded`` hears of events once they are
    written, and only of those that are, in the recorder's thread; it must neither wait nor raise.
    """

    def __init__(
        self,
        events: EventStore,
        readings: ReadingStore,
        on_recorded: Callable[[Sequence[Event]], None] = lambda _: None,
    ) -> None:
        self._event_store = events
        self._reading_store = readings
        self._on_recorded = on_recorded
        self._waiting = _Waiting()
        self._changed = threading.Condition()
        self._is_closing = False
        self._failure: StoreError | None = None
        self._dropped = 0
        self._thread = threading.Thread(target=self._run, name="mien-recorder", daemon=True)
        self._thread.start()

    @property
    def dropped(self) -> int:
        """Frames whose readings were dropped because the store could not keep up."""
        return self._dropped

    def tell(self, events: Iterable[Event]) -> None:
        """Hand over events; waits while too many are waiting, and drops none.

        Raises StoreError where there is no room for minutes.
        """
        for event in events:
            with self._changed:
                if not self._changed.wait_for(self._has_room, _MOST_WAITING_S):
                    raise StoreError(
                        f"{counted(len(self._waiting.events), 'event')} cannot be written for {_MOST_WAITING_S:g} s"
                    )
                self._check()
                self._waiting.events.append(event)

    def _has_room(self) -> bool:
        return self._failure is not None or len(self._waiting.events) < _MOST_EVENTS

    def record(self, run: Run, reading: FrameReading) -> None:
        """Hand over a frame's readings and never wait; the oldest are dropped where too many are waiting."""
        if not reading.faces:
            return
        with self._changed:
            self._check()
            readings = self._waiting.readings
            if len(readings) >= _MOST_READINGS:
                readings.popleft()
                self._dropped += 1
            readings.append((run, reading))

    def close(self) -> None:
        """Write what is waiting and end the thread; idempotent. Raises the StoreError that stopped it, if one did."""
        with self._changed:
            is_first = not self._is_closing
            self._is_closing = True
            self._changed.notify_all()
        self._thread.join()
        if is_first and self._dropped:
            _log.warning("the history lacks %d frames: the database could not keep up", self._dropped)
        if self._failure is not None:
            raise self._failure

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self.close()
        except StoreError:
            if error is None:  # otherwise the first trouble is the one to tell
                raise

    def _check(self) -> None:
        if self._failure is not None:
            raise self._failure
        if self._is_closing:
            raise StoreError("the recorder is closed")

    def _run(self) -> None:
        is_last = False
        while not is_last:
            with self._changed:
                self._changed.wait_for(self._has_to_write, _FLUSH_S)
                is_last = self._is_closing
                taken, self._waiting = self._waiting, _Waiting()
                self._changed.notify_all()
            try:
                is_written = self._write_patiently(taken)
            except Exception as error:  # kept for the callers: in this thread nobody would hear of it
                return self._fail(error if isinstance(error, StoreError) else _defect(error))
            if not is_written:
                return self._give_up(taken)
        return None

    def _has_to_write(self) -> bool:
        return self._is_closing or len(self._waiting.events) >= _MOST_EVENTS

    def _write_patiently(self, taken: _Waiting) -> bool:
        """Write, again and again while the database is locked; not without end where the recorder is to be closed."""
        tries, is_told = _LAST_TRIES, False
        while tries:
            is_closing = self._is_closing
            try:
                self._write(taken)
                return True
            except StoreBusy as error:
                if not is_told:
                    _log.warning("%s wait to be written: %s", taken, error)
                is_told = True
            tries -= is_closing
            with self._changed:
                self._changed.wait_for(lambda: self._is_closing, _FLUSH_S)
        return False

    def _write(self, taken: _Waiting) -> None:
        """Write what was taken, and leave in it what was not written."""
        if taken.events:
            written = self._event_store.append(taken.events)
            taken.events = []
            self._on_recorded(written)
        by_run: defaultdict[Run, list[FrameReading]] = defaultdict(list)
        for run, reading in taken.readings:
            by_run[run].append(reading)
        for run, own in by_run.items():
            self._reading_store.append(run, own)
            taken.readings = deque(one for one in taken.readings if one[0] != run)

    def _give_up(self, taken: _Waiting) -> None:
        """Tell what is lost: readings may be, events may not."""
        with self._changed:
            taken.events += self._waiting.events
            taken.readings += self._waiting.readings
            self._waiting = _Waiting()
            self._dropped += len(taken.readings)
        if taken.events:
            self._fail(StoreError(f"{taken} are lost: another process keeps the database locked"))

    def _fail(self, failure: StoreError) -> None:
        with self._changed:
            self._failure = failure
            self._changed.notify_all()


def _defect(error: Exception) -> StoreError:
    failure = StoreError(f"readings and events cannot be written: {type(error).__name__}: {error}")
    failure.__cause__ = error
    return failure
