"""Tickets: what was allowed over a socket, to be claimed once, and soon, by a request that sets a cookie."""

import secrets
from collections import OrderedDict
from dataclasses import dataclass, field
from threading import Lock
from typing import Generic, TypeVar

from mien.domain.clock import Clock
from mien.service.access.gate import digest_of

TICKET_S = 30.0
_MOST = 256  # unclaimed ones: the oldest go

Claim = TypeVar("Claim")


@dataclass(slots=True)
class Tickets(Generic[Claim]):
    """Tickets for claims of one kind, in memory: whoever restarts the service begins anew. Safe for several threads."""

    clock: Clock
    valid_s: float = TICKET_S
    _there: OrderedDict[str, tuple[float, Claim]] = field(default_factory=OrderedDict)
    _lock: Lock = field(default_factory=Lock)

    def give(self, claim: Claim) -> str:
        """A ticket for a claim."""
        token = secrets.token_urlsafe(32)
        with self._lock:
            self._there[digest_of(token)] = (self.clock.monotonic_s() + self.valid_s, claim)
            while len(self._there) > _MOST:
                self._there.popitem(last=False)
        return token

    def take(self, token: str) -> Claim | None:
        """What a ticket is for, the first time that it is shown, and in time; otherwise none."""
        with self._lock:
            until_s, claim = self._there.pop(digest_of(token), (float("-inf"), None))
        return claim if self.clock.monotonic_s() <= until_s else None
