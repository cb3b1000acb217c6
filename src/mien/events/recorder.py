"""The way of events and readings into the store: events wait for room, readings may be dropped and are counted."""

import logging
import threading
from collections import defaultdict, deque
from collections.abc import Iterable
from types import TracebackType
from typing import Self

from mien.domain.errors import StoreError
from mien.domain.events import Event
from mien.domain.readings import FrameReading
from mien.store.history.events import EventStore
from mien.store.history.readings import ReadingStore, Run

_FLUSH_S = 0.5  # one transaction for what came in meanwhile
_MOST_EVENTS = 1000
_MOST_READINGS = 2000  # frames: about a minute of four cameras at 10 frames/s
_log = logging.getLogger(__name__)


class Recorder:
    """Writes what several cameras tell in a thread of its own. Safe for several threads.

    Where something cannot be written, the recorder stops, and every later call raises a StoreError that says why.
    """

    def __init__(self, events: EventStore, readings: ReadingStore) -> None:
        self._event_store = events
        self._reading_store = readings
        self._events: list[Event] = []
        self._readings: deque[tuple[Run, FrameReading]] = deque()
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
        """Hand over events; waits while too many are waiting, and drops none."""
        for event in events:
            with self._changed:
                self._changed.wait_for(lambda: self._failure is not None or len(self._events) < _MOST_EVENTS)
                self._check()
                self._events.append(event)

    def record(self, run: Run, reading: FrameReading) -> None:
        """Hand over a frame's readings and never wait; the oldest are dropped where too many are waiting."""
        if not reading.faces:
            return
        with self._changed:
            self._check()
            if len(self._readings) >= _MOST_READINGS:
                self._readings.popleft()
                self._dropped += 1
            self._readings.append((run, reading))

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
                self._changed.wait_for(lambda: self._is_closing or len(self._events) >= _MOST_EVENTS, _FLUSH_S)
                is_last = self._is_closing
                events, self._events = self._events, []
                readings, self._readings = self._readings, deque()
                self._changed.notify_all()
            try:
                self._write(events, readings)
            except Exception as error:  # kept for the callers: in this thread nobody would hear of it
                with self._changed:
                    self._failure = error if isinstance(error, StoreError) else _defect(error)
                    self._changed.notify_all()
                return

    def _write(self, events: list[Event], readings: Iterable[tuple[Run, FrameReading]]) -> None:
        if events:
            self._event_store.append(events)
        by_run: defaultdict[Run, list[FrameReading]] = defaultdict(list)
        for run, reading in readings:
            by_run[run].append(reading)
        for run, own in by_run.items():
            self._reading_store.append(run, own)


def _defect(error: Exception) -> StoreError:
    failure = StoreError(f"readings and events cannot be written: {type(error).__name__}: {error}")
    failure.__cause__ = error
    return failure
