"""How much one request may bring, and how long it may take: what is too large or too slow is not read to its end."""

import asyncio
import time
from http import HTTPStatus

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

MEGABYTE = 1_000_000
STALLED_S = 30.0
"""How long nothing may come of a request that is not there whole, and how long a small one may take."""
_SLOWEST = 16_000  # bytes a second, of larger ones: 128 kbit/s
_LARGEST, _LARGEST_OF_STRANGERS = MEGABYTE, 64_000
_STATE = "body"
_CLOSES = {"connection": "close"}  # nobody reads on


class BodyLimit:
    """ASGI middleware: 413 where a body is larger than a megabyte, or than 64 kB of whoever is not known; 408 if slow.

    Whatever it is said to be: only a route that takes pictures, and has let somebody in, lifts this to ``upload_mb``.
    """

    def __init__(self, app: ASGIApp, upload_mb: int) -> None:
        self._app = app
        self._upload_bytes = upload_mb * MEGABYTE

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, and count what is read of it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        state = scope.setdefault("state", {})
        length = Headers(scope=scope).get("content-length", "")
        told = int(length[:20]) if length.isdecimal() else 0
        body = state[_STATE] = _Body(receive, told, self._upload_bytes)
        body.limit = _LARGEST if "caller" in state else _LARGEST_OF_STRANGERS
        await self._app(scope, body.received, send)


def lift(scope: Scope) -> None:
    """Let a request bring pictures: of somebody who was let in."""
    body = scope["state"][_STATE]
    assert isinstance(body, _Body), "every application bounds what it reads"
    body.limit = body.of_pictures


class _Body:
    """The body of one request, as it comes: ``told`` is how many bytes it is said to have, or 0."""

    def __init__(self, receive: Receive, told: int, of_pictures: int) -> None:
        self.limit = self.of_pictures = of_pictures
        self._receive = receive
        self._told = told
        self._begun_s = time.monotonic()
        self._read = 0
        self._is_whole = False

    async def received(self) -> Message:
        """What comes next; raises HTTPException where that is too much, or takes too long."""
        if self._is_whole:  # what comes now is that the client leaves
            return await self._receive()
        self._check(self._told)
        left_s = self._begun_s + STALLED_S + self._read / _SLOWEST - time.monotonic()
        try:
            if left_s <= 0:
                raise TimeoutError
            async with asyncio.timeout(min(STALLED_S, left_s)):
                message = await self._receive()
        except TimeoutError:
            told = "the request comes too slowly: send it again, or less at once"
            raise HTTPException(HTTPStatus.REQUEST_TIMEOUT, told, _CLOSES) from None
        self._read += len(message.get("body", b""))
        self._is_whole = not message.get("more_body", False)
        self._check(self._read)
        return message

    def _check(self, size: int) -> None:
        if size > self.limit:
            most = f"{self.limit // MEGABYTE} MB" if self.limit >= MEGABYTE else f"{self.limit // 1000} kB"
            told = f"a request of this kind may bring {most}"
            raise HTTPException(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, told, _CLOSES)
