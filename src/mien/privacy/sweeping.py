"""Stored pictures that nothing names: left where a process died between a picture and the row that was to name it."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from mien.domain.clock import Clock
from mien.store.records import Records

GRACE = timedelta(minutes=1)
"""How old a picture without a name is before it is left over.

Whoever writes one names it within a transaction that waits 15 s at most for the database.
"""
_LOOKS, _LOOK_S = 5, 0.2


@dataclass(frozen=True, slots=True)
class Swept:
    """How many pictures went, and how many are there that somebody may be about to name."""

    removed: int
    unnamed: int


def _never() -> bool:
    return False


class Sweep:
    """Removes such pictures. Safe beside processes that are at work: what they may still name is not touched.

    ``is_alone`` tells whether nobody else has the home open at a moment; it is asked by whoever writes no picture in
    another thread.
    """

    def __init__(
        self,
        records: Records,
        clock: Clock,
        is_alone: Callable[[], bool] = _never,
        wait: Callable[[float], None] = time.sleep,
    ) -> None:
        self._media = records.media
        self._retention = records.retention
        self._clock = clock
        self._is_alone = is_alone
        self._wait = wait

    def left_over(self) -> frozenset[str]:
        """The names of those that are older than a moment, and so nobody's."""
        return self._unnamed(frozenset(self._media.older(self._clock.now() - GRACE)))

    def remove_left_over(self) -> int:
        """Remove these, and count them; raises StoreError."""
        return self._remove(self.left_over())

    def remove_all(self) -> Swept:
        """Remove younger ones too, where whoever wrote them has ended; else those stay that get no name in a second.

        It takes no time where every picture has a name. Raises StoreError.
        """
        removed = self.remove_left_over()
        young = self._unnamed(frozenset(self._media.names()))
        if young and self._is_alone():  # asked later than they were written, and answered before they are looked up
            return Swept(removed + self._remove(self._unnamed(young)), 0)
        for _ in range(_LOOKS):
            if young:
                self._wait(_LOOK_S)
                young = self._unnamed(young)
        return Swept(removed, len(young))

    def _unnamed(self, names: frozenset[str]) -> frozenset[str]:
        """Those of some pictures that are there and that no row names, which are looked up last."""
        there = frozenset(name for name in names if self._media.exists(name))
        return there - self._retention.named_crops() if there else there

    def _remove(self, names: frozenset[str]) -> int:
        for name in names:
            self._media.delete(name)
        return len(names)
