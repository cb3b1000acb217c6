"""Requests that are sent again, because nobody knows whether the first one arrived: answered as the first one was."""

import json
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import sha256
from threading import Lock
from typing import Annotated, Any, TypeVar

from fastapi import Depends, Header
from pydantic import BaseModel

from mien.domain.clock import Clock
from mien.domain.errors import UsageError
from mien.service.access.gate import Caller, caller

_MOST = 64  # of an account
_KEPT_S = 600.0
_T = TypeVar("_T")

RepeatKey = Annotated[
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


def _sender(who: Annotated[Caller, Depends(caller)], key: RepeatKey = None) -> Sender:
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
    at_s: float
    lock: Lock = field(default_factory=Lock)
    answer: Any = None


class Repeats:
    """Answers by the account and the key of their requests, a bounded number for a while. Safe for several threads."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = Lock()
        self._known: dict[int, OrderedDict[str, _Answered]] = {}

    def once(self, account_id: int, key: str | None, asked: str, work: Callable[[], _T]) -> _T:
        """What ``work`` comes to, which is done once for all requests of a key; whoever comes meanwhile waits.

        ``asked`` is what was asked for, or a digest of it: UsageError where something else comes under a known key.
        What raises is not remembered.
        """
        if key is None:
            return work()
        one = self._found(account_id, key, asked)
        with one.lock:
            if one.answer is None:
                one.answer = work()
            answer: _T = one.answer
            return answer

    def _found(self, account_id: int, key: str, asked: str) -> _Answered:
        now_s = self._clock.monotonic_s()
        with self._lock:
            own = self._known.setdefault(account_id, OrderedDict())
            while own and (len(own) > _MOST or next(iter(own.values())).at_s < now_s - _KEPT_S):
                own.popitem(last=False)
            one = own.setdefault(key, _Answered(asked, now_s))
        if one.asked != asked:
            raise UsageError("this Idempotency-Key came with another request before: each request has its own")
        return one
