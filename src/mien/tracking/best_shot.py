"""The few best views of a track, spread over time."""

from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Shot(Generic[T]):
    """One view: its quality in [0, 1], its moment, and whatever is kept of it."""

    quality: float
    time_s: float
    payload: T


class BestShots(Generic[T]):
    """At most ``size`` views of one track, at least ``spacing_s`` apart: neighbouring frames show nothing new.

    A view takes the place of those closer in time than that where it is better than each of them; of too many, the
    worst leaves.
    """

    def __init__(self, size: int = 5, spacing_s: float = 0.2) -> None:
        if size < 1 or spacing_s < 0:
            raise ValueError(f"expected a size of at least 1 and a spacing of at least 0 s, got {size}, {spacing_s}")
        self._size = size
        self._spacing_s = spacing_s
        self._shots: tuple[Shot[T], ...] = ()

    @property
    def shots(self) -> tuple[Shot[T], ...]:
        """What is kept, best first."""
        return self._shots

    def wants(self, quality: float, time_s: float) -> bool:
        """Whether a view would be kept, asked before anything is cut out of the picture for it."""
        near = [shot for shot in self._shots if self._is_near(shot, time_s)]
        if near:
            return all(quality > shot.quality for shot in near)
        return len(self._shots) < self._size or quality > self._shots[-1].quality

    def offer(self, quality: float, time_s: float, payload: T) -> bool:
        """Keep a view where it is wanted; returns whether it was."""
        if not self.wants(quality, time_s):
            return False
        others = [shot for shot in self._shots if not self._is_near(shot, time_s)]
        ranked = sorted([*others, Shot(quality, time_s, payload)], key=lambda shot: shot.quality, reverse=True)
        self._shots = tuple(ranked[: self._size])
        return True

    def _is_near(self, shot: Shot[T], time_s: float) -> bool:
        return abs(shot.time_s - time_s) < self._spacing_s
