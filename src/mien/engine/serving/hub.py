"""What is new about cameras, told from worker threads to any number of listeners, for none of whom anybody waits."""

from asyncio import AbstractEventLoop, get_running_loop
from collections.abc import Collection, Sequence
from contextlib import suppress
from dataclasses import replace
from threading import Lock
from typing import TypeVar

from mien.domain.readings import FrameReading
from mien.engine.serving.listener import Listener
from mien.engine.serving.news import Board, EngineState, NamedEvent, NamedStatus, News
from mien.engine.serving.previews import Preview

Value = TypeVar("Value")
_STATUS_S = 2.0  # between two statuses of a camera of which only figures change


class _Bell:
    """Wakes the listeners of one event loop, from any thread: once, however often it is rung meanwhile."""

    def __init__(self, loop: AbstractEventLoop) -> None:
        self.listeners: set[Listener] = set()
        self._loop = loop
        self._is_rung = False

    def ring(self) -> None:
        if not self._is_rung:
            self._is_rung = True
            with suppress(RuntimeError):  # a loop that is closed has nobody left to wake
                self._loop.call_soon_threadsafe(self._wake)

    def _wake(self) -> None:
        self._is_rung = False
        for listener in self.listeners:
            listener.wake()


class Hub:
    """Keeps the newest of what is told, and lets listeners know that there is something. Safe for several threads.

    Whoever tells never waits: readings, previews and statuses replace those before, and events go to each listener's
    own bounded queue.
    """

    def __init__(self) -> None:
        self.board = Board()
        self._number = 0
        self._lock = Lock()
        self._bells: dict[AbstractEventLoop, _Bell] = {}
        self._told_s: dict[str, float] = {}

    def tell_reading(self, reading: FrameReading) -> None:
        """A frame was analysed."""
        with self._lock:
            self.board.readings[reading.camera] = self._news(self.board.without_forgotten(reading))
            self._ring()

    def tell_preview(self, preview: Preview) -> None:
        """A preview was made."""
        with self._lock:
            self.board.previews[preview.camera] = self._news(preview)
            self._ring()

    def tell_engine(self, state: EngineState) -> None:
        """The engine has come to another phase, or waits for something else."""
        with self._lock:
            if self.board.engine.value != state:
                self.board.engine = self._news(state)
                self._ring()

    def tell_statuses(self, statuses: Collection[NamedStatus], now_s: float) -> None:
        """How all cameras are; told at once where a state changes, and else now and then. Others are no more.

        What a camera saw before it was lost is shown to nobody who comes later.
        """
        with self._lock:
            for one in statuses:
                if one.status.state != "online":
                    self.board.readings.pop(one.status.name, None)
                    self.board.previews.pop(one.status.name, None)
            before = self.board.statuses
            after = {one.status.name: self._renewed(before.get(one.status.name), one, now_s) for one in statuses}
            if after != before:
                self.board.statuses = after
                self._ring()

    def tell_events(self, events: Sequence[NamedEvent]) -> None:
        """Events were recorded."""
        with self._lock:
            for bell in self._bells.values():
                for listener in bell.listeners:
                    listener.offer(events)
            self._ring()

    def forget_people(self, person_ids: Collection[str]) -> None:
        """People were forgotten: nothing is told of them any more, whoever saw them before that."""
        with self._lock:
            self.board.forgotten |= {*person_ids}
            for camera, news in self.board.readings.items():
                if (anew := self.board.without_forgotten(news.value)) is not news.value:
                    self.board.readings[camera] = self._news(anew)
            self._ring()

    def tell_gone(self) -> None:
        """No camera is watched any more: what was seen is not shown on."""
        with self._lock:
            self.board.readings, self.board.previews = {}, {}
            self.board.statuses = {
                name: self._news(NamedStatus(replace(news.value.status, state="offline"), news.value.reason))
                for name, news in self.board.statuses.items()
            }
            self._ring()

    def listen(self) -> Listener:
        """A listener on the running event loop, until it is closed."""
        loop = get_running_loop()
        listener = Listener(self.board, self.forget)
        with self._lock:
            self._bells.setdefault(loop, _Bell(loop)).listeners.add(listener)
        return listener

    def forget(self, listener: Listener) -> None:
        """A listener hears nothing any more."""
        with self._lock:
            for loop, bell in list(self._bells.items()):
                bell.listeners.discard(listener)
                if not bell.listeners:
                    del self._bells[loop]

    @property
    def listeners(self) -> int:
        """How many there are."""
        with self._lock:
            return sum(len(bell.listeners) for bell in self._bells.values())

    def _news(self, value: Value) -> News[Value]:
        self._number += 1
        return News(self._number, value)

    def _renewed(self, before: News[NamedStatus] | None, now: NamedStatus, now_s: float) -> News[NamedStatus]:
        name, told_s = now.status.name, self._told_s.get(now.status.name, float("-inf"))
        if before is not None and now_s - told_s < _STATUS_S and _is_alike(before.value, now):
            return before
        self._told_s[name] = now_s
        return self._news(now)

    def _ring(self) -> None:
        for bell in self._bells.values():
            bell.ring()


def _is_alike(one: NamedStatus, other: NamedStatus) -> bool:
    """Whether two statuses differ in figures alone."""
    return (one.status.state, one.reason, one.status.reconnects) == (
        other.status.state,
        other.reason,
        other.status.reconnects,
    )
