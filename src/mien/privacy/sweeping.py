"""Stored pictures that nothing names: left where a process died between a picture and the row that was to name it."""

import time
from collections.abc import Callable
from datetime import timedelta

from mien.domain.clock import Clock
from mien.store.records import Records

GRACE = timedelta(minutes=1)
"""How old a picture without a name is before it is left over.

Whoever writes one names it within a transaction that waits 15 s at most for the database.
"""
_LOOK_S = 0.2


class Sweep:
    """Removes such pictures. Safe beside processes that are at work: what they may still name is not touched."""

    def __init__(self, records: Records, clock: Clock, wait: Callable[[float], None] = time.sleep) -> None:
        self._media = records.media
        self._retention = records.retention
        self._clock = clock
        self._wait = wait

    def left_over(self) -> frozenset[str]:
        """The names of those that are older than a moment, and so nobody's."""
        return self._unnamed(frozenset(self._media.older(self._clock.now() - GRACE)))

    def remove_left_over(self) -> int:
        """Remove these, and count them; raises StoreError."""
        return self._remove(self.left_over())

    def remove_all(self) -> int:
        """Remove younger ones too, once they have been watched for that moment and nobody named them; count them.

        It takes no time where every picture has a name. Raises StoreError.
        """
        count = self.remove_left_over()
        watched = self._unnamed(frozenset(self._media.names()))
        for _ in range(int(GRACE.total_seconds() / _LOOK_S)):
            if not watched:
                return count
            self._wait(_LOOK_S)
            watched = self._unnamed(watched)
        return count + self._remove(watched)

    def _unnamed(self, names: frozenset[str]) -> frozenset[str]:
        """Those of some pictures that are there and that no row names, which are looked up last."""
        there = frozenset(name for name in names if self._media.exists(name))
        return there - self._retention.named_crops() if there else there

    def _remove(self, names: frozenset[str]) -> int:
        for name in names:
            self._media.delete(name)
        return len(names)
