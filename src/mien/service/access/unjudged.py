"""Attempts to get in that nobody judged, on their way into the audit log: a kind is told at once, and then seldom."""

from collections import Counter
from dataclasses import dataclass, field
from threading import Lock
from typing import Literal

from mien.domain.accounts import acting
from mien.domain.clock import Clock
from mien.privacy.audit.trail import AuditTrail

How = Literal["password", "face", "signup"]
Why = Literal["left", "full", "waiting"]
"""Who came left before anything could be judged, found no place, or is to wait after failures."""
_Kind = tuple[How, Why]

_SELDOM_S = 600.0  # between two entries of one kind: the log is kept for good, and anybody may knock


@dataclass(slots=True)
class Unjudged:
    """Counts them; an entry says how many there were since the one before. Safe for several threads."""

    trail: AuditTrail
    clock: Clock
    _untold: Counter[_Kind] = field(default_factory=Counter)
    _told_s: dict[_Kind, float] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    def note(self, how: How, why: Why) -> None:
        """There was one more; raises StoreError where an entry is due and cannot be written."""
        with self._lock:
            self._untold[how, why] += 1
        self.tell()

    def tell(self, *, is_end: bool = False) -> None:
        """Write the entries that are due, or in the end all of them; raises StoreError."""
        now_s = self.clock.monotonic_s()
        with self._lock:
            due = {
                kind: attempts
                for kind, attempts in self._untold.items()
                if is_end or now_s - self._told_s.get(kind, float("-inf")) >= _SELDOM_S
            }
            for kind in due:
                del self._untold[kind]
                self._told_s[kind] = now_s
        for (how, why), attempts in due.items():
            with acting("system"):
                self.trail.append("account.unjudged", (), {"how": how, "why": why, "attempts": attempts})
