"""Which frames of a source are analysed: all, every n-th, or so many a second."""

from mien.domain.frame import Frame

_EARLY_S = 1e-6  # timestamps are rounded: a frame may be due and be stamped a hair before


class Sampler:
    """Chooses frames of one source in their order. At most one of ``every_n`` and ``fps`` is above 0.

    By rate, a frame is chosen when the next is due on a fixed grid, so that 10 of a 25 fps camera are 10 on average and
    a source slower than the rate is taken whole; after a gap the grid starts anew instead of catching up.
    """

    def __init__(self, every_n: int = 0, fps: float = 0.0) -> None:
        if every_n < 0 or fps < 0 or (every_n and fps):
            raise ValueError(f"expected every n-th frame or a rate, got every_n {every_n} and fps {fps}")
        self._every_n = max(every_n, 1)
        self._interval_s = 1 / fps if fps else 0.0
        self._due_s: float | None = None

    def wants(self, frame: Frame) -> bool:
        if not self._interval_s:
            return frame.index % self._every_n == 0
        due_s = frame.time_s if self._due_s is None else self._due_s
        if frame.time_s < due_s - _EARLY_S:
            return False
        is_behind = frame.time_s >= due_s + self._interval_s
        self._due_s = (frame.time_s if is_behind else due_s) + self._interval_s
        return True
