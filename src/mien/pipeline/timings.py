"""Where the time of a frame goes, stage by stage."""

from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock
from time import perf_counter


class StageTimings:
    """Adds up the wall time of every stage over a run; safe from several threads."""

    def __init__(self) -> None:
        self._spent_s: dict[str, float] = defaultdict(float)
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

    def per_frame_ms(self, frames: int) -> dict[str, float]:
        """Mean milliseconds per frame of every stage, in the order in which they first ran."""
        with self._lock:
            return {name: round(1000 * spent / max(frames, 1), 3) for name, spent in self._spent_s.items()}
