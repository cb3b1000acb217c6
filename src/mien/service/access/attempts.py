"""How many attempts there may be at once, and from one address: what costs the server much is not for everybody."""

from collections import Counter, deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Lock

from mien.domain.clock import Clock
from mien.domain.errors import AccountError

_SPAN_S = 60.0
_MOST_ADDRESSES = 10_000


class TooManyAttempts(AccountError):
    """There are as many attempts as may be."""


@dataclass(slots=True)
class Attempts:
    """So many attempts ``at_once``, of one address ``of_address`` at once and ``a_minute`` begun within a minute."""

    clock: Clock
    at_once: int = 6
    of_address: int = 2
    a_minute: int = 10
    _open: Counter[str] = field(default_factory=Counter)
    _begun: dict[str, deque[float]] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    @contextmanager
    def one(self, address: str) -> Iterator[None]:
        """Take part in one; raises TooManyAttempts where it has to wait."""
        self._begin(address)
        try:
            yield
        finally:
            with self._lock:
                self._open[address] -= 1
                self._open += Counter()  # without those that are none

    def _begin(self, address: str) -> None:
        now_s = self.clock.monotonic_s()
        with self._lock:
            if self._open.total() >= self.at_once or self._open[address] >= self.of_address:
                raise TooManyAttempts("somebody is at it already: try again in a moment")
            self._tidy(now_s)
            begun = self._begun.setdefault(address, deque())
            if len(begun) >= self.a_minute:
                raise TooManyAttempts("too many attempts: try again in a minute")
            begun.append(now_s)
            self._open[address] += 1

    def _tidy(self, now_s: float) -> None:
        for address, begun in list(self._begun.items()):
            while begun and now_s - begun[0] > _SPAN_S:
                begun.popleft()
            if not begun:
                del self._begun[address]
        if len(self._begun) > _MOST_ADDRESSES:
            raise TooManyAttempts("too many attempts: try again in a minute")
