"""Requests that are sent again, because nobody knows whether the first one arrived: answered as the first one was."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from http import HTTPStatus
from threading import Lock, Timer
from typing import Annotated, Any, TypeVar

from fastapi import Depends, Header, HTTPException
from pydantic import BaseModel

from mien.domain.clock import Clock
from mien.domain.errors import UsageError
from mien.service.access.gate import Caller, caller

_MOST = 64  # of an account
_KEPT_S = 600.0
_T = TypeVar("_T")

_RepeatKey = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        min_length=1,
        max_length=200,
        description="A request under a key that was sent before, within ten minutes, is answered as the first one was.",
    ),
]


@dataclass(frozen=True, slots=True)
class Sender:
    """Whose account a request is of, and under which key it was sent, if under any."""

    account_id: int
    key: str | None


def _sender(who: Annotated[Caller, Depends(caller)], key: _RepeatKey = None) -> Sender:
    return Sender(who.account.account_id, key)


Sent = Annotated[Sender, Depends(_sender)]


def digest_of_asked(what: str, asked: BaseModel) -> str:
    """By what a request of JSON is told from others, without what it says."""
    fields = asked.model_dump(mode="json")
    told = {key: sorted(value) if isinstance(value, list) else value for key, value in fields.items()}
    return f"{what} {sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()}"


@dataclass(slots=True)
class _Answered:
    asked: str
    lock: Lock = field(default_factory=Lock)
    answer: Any = None
    at_s: float = 0.0
    waiting: int = 0  # requests that it is not answered yet

    @property
    def is_under_way(self) -> bool:
        return self.waiting > 0


class Repeats:
    """Answers by the account and the key of their requests, a bounded number for a while. Safe for several threads.

    No secret is to be among them: whoever may read the memory of the service is not to find any.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = Lock()
        self._known: dict[tuple[int, str], _Answered] = {}  # the oldest first
        self._timer: Timer | None = None

    def once(self, account_id: int, key: str | None, asked: str, work: Callable[[], _T]) -> _T:
        """What ``work`` comes to, which is done once for all requests of a key; whoever comes meanwhile waits.

        ``asked`` is what was asked for, or a digest of it: UsageError where something else comes under a known key.
        HTTPException (429) where the account has too many under way. What raises is not remembered.
        """
        if key is None:
            return work()
        with self._found((account_id, key), asked) as one, one.lock:
            if one.answer is None:
                one.answer, one.at_s = work(), self._clock.monotonic_s()
            answer: _T = one.answer
            return answer

    @contextmanager
    def _found(self, place: tuple[int, str], asked: str) -> Iterator[_Answered]:
        with self._lock:
            self._forget()
            one = self._known.get(place)
            if one is None:
                self._make_room(place[0])
                one = self._known[place] = _Answered(asked)
            elif one.asked != asked:
                raise UsageError("this Idempotency-Key came with another request before: each request has its own")
            one.waiting += 1
        try:
            yield one
        finally:
            with self._lock:
                one.waiting -= 1
                if one.answer is None and not one.is_under_way:
                    del self._known[place]
                self._forget_later()

    def _make_room(self, account_id: int) -> None:
        own = [place for place in self._known if place[0] == account_id]
        if len(own) < _MOST:
            return
        done = next((place for place in own if not self._known[place].is_under_way), None)
        if done is None:
            told = "too many requests under an Idempotency-Key are under way: send this in a moment"
            raise HTTPException(HTTPStatus.TOO_MANY_REQUESTS, told, {"retry-after": "1"})
        del self._known[done]

    def _forget(self) -> None:
        """Let go of what was answered long ago, to whomever."""
        begin_s = self._clock.monotonic_s() - _KEPT_S
        for place in [p for p, one in self._known.items() if not one.is_under_way and one.at_s < begin_s]:
            del self._known[place]

    def _forget_later(self) -> None:
        """See to it that nothing stays because nobody asks for anything more."""
        if self._known and self._timer is None:
            self._timer = Timer(_KEPT_S, self._tidy)
            self._timer.daemon = True
            self._timer.start()

    def _tidy(self) -> None:
        with self._lock:
            self._timer = None
            self._forget()
            self._forget_later()
