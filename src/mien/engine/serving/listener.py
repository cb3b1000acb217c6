"""One who listens to the hub: what it has not heard yet, newest first served, and its own queue of events."""

from asyncio import Event as Bell
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from types import TracebackType
from typing import Self, TypeVar

from mien.engine.serving.news import Board, Interest, Missed, NamedEvent, News, Told
from mien.engine.serving.pace import Pace
from mien.engine.serving.previews import Preview

MOST_EVENTS = 256
"""Events that wait for a listener who does not take them; those behind are missed, and counted."""
Value = TypeVar("Value")


class Listener:
    """Hears of what it is interested in until it is closed. Of one event loop, whose thread alone takes.

    Whatever is newer replaces what was not taken yet, so that a listener who takes slowly is late for nothing but
    events, and holds up nobody.
    """

    def __init__(self, board: Board, forget: Callable[["Listener"], None]) -> None:
        self._board = board
        self._forget = forget
        self._interest: Interest | None = None
        self._rung = Bell()
        self._heard: dict[tuple[str, str], int] = {}
        self._paces: dict[str, Pace] = {}
        self._events: deque[NamedEvent] = deque()
        self._missed = self._missed_told = 0  # ever: each is of one thread, so that none is lost between two

    def listen_to(self, interest: Interest) -> None:
        """Hear of these from now on; what is newest of them is heard again."""
        self._interest = interest
        self._heard.clear()
        self._paces.clear()
        self._rung.set()

    def wake(self) -> None:
        """There is something new; of the loop's thread."""
        self._rung.set()

    def offer(self, events: Sequence[NamedEvent]) -> None:
        """Events, from any thread, one call at a time."""
        interest = self._interest
        if interest is None or not interest.events:
            return
        for one in events:
            if not interest.includes(one.event.camera):
                continue
            if len(self._events) < MOST_EVENTS:
                self._events.append(one)
            else:
                self._missed += 1

    async def wait(self) -> None:
        """Until there may be something to take."""
        await self._rung.wait()
        self._rung.clear()

    def take(self, now_s: Callable[[], float]) -> Iterator[Told]:
        """What is new, one after the other: each is looked for when the one before it was dealt with.

        Events and what is missed of them come first, then the engine, statuses, readings, and previews at their pace.
        """
        while (found := self._next(now_s())) is not None:
            yield found

    def _next(self, now_s: float) -> Told | None:
        interest, board = self._interest, self._board
        if interest is None:
            return None
        while self._events:
            if board.may_tell((told := self._events.popleft()).event):
                return told
        if missed := self._missed - self._missed_told:
            self._missed_told += missed
            return Missed(missed)
        return (
            self._longest_waiting("engine", {"": board.engine})
            or self._longest_waiting("status", _of(board.statuses, interest))
            or (self._longest_waiting("reading", _of(board.readings, interest)) if interest.readings else None)
            or self._preview(_of(board.previews, interest), interest.previews_per_s, now_s)
        )

    def _longest_waiting(self, kind: str, told: Mapping[str, News[Value]]) -> News[Value] | None:
        """Of the cameras of which something is new, that of the one which waits longest: each has its turn."""
        waiting = [(news.number, name) for name, news in told.items() if self._heard.get((kind, name)) != news.number]
        if not waiting:
            return None
        number, name = min(waiting)
        self._heard[kind, name] = number
        return told[name]

    def _preview(self, told: Mapping[str, News[Preview]], per_s: float, now_s: float) -> News[Preview] | None:
        due = {
            name: news
            for name, news in (told.items() if per_s else ())
            if self._heard.get(("preview", name)) != news.number
            and self._paces.setdefault(name, Pace(per_s)).is_due(now_s)
        }
        found = self._longest_waiting("preview", due)
        if found is not None:
            self._paces[found.value.camera].take(now_s)
        return found

    def close(self) -> None:
        """Hear nothing any more."""
        self._forget(self)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()


def _of(told: Mapping[str, News[Value]], interest: Interest) -> dict[str, News[Value]]:
    """A copy of what is of interest; the original may grow meanwhile."""
    return {name: news for name, news in list(told.items()) if interest.includes(name)}
