"""How often something may be done."""


class Pace:
    """At most so many times a second, in the long run; a moment that comes a little early does, so that none is lost.

    Of 5 frames a second at a pace of 2, every second and every third are taken in turn. 0 a second is never.
    """

    _EARLY = 0.25  # of the time between two

    def __init__(self, per_s: float) -> None:
        self.per_s = per_s
        self._due_s = float("-inf")

    def is_due(self, now_s: float) -> bool:
        """Whether it may be done at a moment of the monotonic clock."""
        return self.per_s > 0 and now_s >= self._due_s - self._EARLY / self.per_s

    def take(self, now_s: float) -> bool:
        """Whether it may be done now, which is then taken to be done."""
        if not self.is_due(now_s):
            return False
        self._due_s = max(self._due_s, now_s - 1 / self.per_s) + 1 / self.per_s
        return True
