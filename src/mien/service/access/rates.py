"""How often somebody may ask: so many requests a minute of one caller, and fewer attempts to get in."""

import math
import time

from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import FixedWindowRateLimiter

from mien.service.settings import ServiceSettings


class Rates:
    """Counts in memory, as of this process: a minute of a caller begins with their first request."""

    def __init__(self, settings: ServiceSettings) -> None:
        self._limiter = FixedWindowRateLimiter(MemoryStorage())
        self._requests = RateLimitItemPerMinute(settings.requests_per_minute, namespace="requests")
        self._logins = RateLimitItemPerMinute(settings.logins_per_minute, namespace="logins")

    def wait_s(self, who: str, *, is_login: bool = False) -> int:
        """Count a request of a caller or of an address: 0 where it may pass, else how many seconds it is to wait."""
        for limit in (self._logins, self._requests) if is_login else (self._requests,):
            if not self._limiter.hit(limit, who):
                reset_at, _ = self._limiter.get_window_stats(limit, who)
                return max(1, math.ceil(reset_at - time.time()))
        return 0
