"""How many requests of a kind are at work at once, so that those that wait do not wait in memory."""

from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from http import HTTPStatus

from fastapi import HTTPException, Request

from mien.service.access.gate import caller


class Turns:
    """Lets ``most`` requests in, ``most_own`` of one account: whoever comes beside them is answered 429.

    For one event loop.
    """

    def __init__(self, most: int, most_own: int) -> None:
        self._most = most
        self._most_own = most_own
        self._taken: Counter[int] = Counter()

    @asynccontextmanager
    async def taken(self, request: Request) -> AsyncIterator[None]:
        """Be let in, until this is left."""
        who = caller(request).account.account_id
        if self._taken.total() >= self._most or self._taken[who] >= self._most_own:
            told = "pictures are being looked at already: send these in a moment"
            raise HTTPException(HTTPStatus.TOO_MANY_REQUESTS, told, {"retry-after": "1"})
        self._taken[who] += 1
        try:
            yield
        finally:
            self._taken[who] -= 1
