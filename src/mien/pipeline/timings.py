"""Where the time of a frame goes, stage by stage."""

from collections import defaultdict, deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Lock
from time import perf_counter

import numpy as np

_REMEMBERED = 500  # runs of a stage, of the last seconds or minutes


@dataclass(frozen=True, slots=True)
class StageTime:
    """How long one run of a stage took of late: milliseconds that half and 95 of 100 of ``runs`` keep."""

    stage: str
    runs: int
    median_ms: float
    p95_ms: float


class StageTimings:
    """Adds up the wall time of every stage over a run, and remembers the last ones; safe from several threads."""

    def __init__(self) -> None:
        self._spent_s: dict[str, float] = defaultdict(float)
        self._latest_s: dict[str, deque[float]] = defaultdict(lambda: deque(maxlen=_REMEMBERED))
        self._lock = Lock()

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Count the time inside towards a stage."""
        started = perf_counter()
        try:
            yield
        finally:
            spent = perf_counter() - started
            with self._lock:
                self._spent_s[name] += spent
                self._latest_s[name].append(spent)

    def per_frame_ms(self, frames: int) -> dict[str, float]:
        """Mean milliseconds per frame of every stage, in the order in which they first ran."""
        with self._lock:
            return {name: round(1000 * spent / max(frames, 1), 3) for name, spent in self._spent_s.items()}

    def latest(self) -> tuple[StageTime, ...]:
        """How long the last runs of every stage took, in the order in which they first ran."""
        with self._lock:
            latest = {name: list(spent) for name, spent in self._latest_s.items()}
        told = []
        for name, spent in latest.items():
            median, p95 = (1000 * float(one) for one in np.percentile(spent, (50, 95)))
            told.append(StageTime(name, len(spent), median, p95))
        return tuple(told)
