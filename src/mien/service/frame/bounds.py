"""How much one request may bring, and how long it may take: what is too large or too slow is not read to its end."""

import asyncio
import time
from http import HTTPStatus

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mien.service.problems import send_problem

MEGABYTE = 1_000_000
STALLED_S = 30.0
"""How long nothing may come of a request that is not there whole, and how long a small one may take."""
_SLOWEST = 16_000  # bytes a second, of larger ones: 128 kbit/s
_TEXTS = ("application/json", "application/x-www-form-urlencoded", "text/")
_LARGEST_TEXT = MEGABYTE
_CLOSES = {"connection": "close"}  # nobody reads on


class BodyLimit:
    """ASGI middleware: 413 where a body is larger than ``upload_mb``, or a text than one megabyte; 408 if too slow."""

    def __init__(self, app: ASGIApp, upload_mb: int) -> None:
        self._app = app
        self._upload_bytes = upload_mb * MEGABYTE

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, and count what is read of it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        limit = self._limit(headers.get("content-type", ""))
        told = headers.get("content-length", "")
        if told.isdecimal() and int(told[:20]) > limit:
            await send_problem(scope, send, HTTPStatus.REQUEST_ENTITY_TOO_LARGE, _words(limit), _CLOSES)
            return
        await self._app(scope, _Body(receive, limit).received, send)

    def _limit(self, content_type: str) -> int:
        is_text = not content_type or content_type.lower().startswith(_TEXTS)
        return _LARGEST_TEXT if is_text else self._upload_bytes


class _Body:
    """The body of one request, as it comes."""

    def __init__(self, receive: Receive, limit: int) -> None:
        self._receive = receive
        self._limit = limit
        self._begun_s = time.monotonic()
        self._read = 0
        self._is_whole = False

    async def received(self) -> Message:
        """What comes next; raises HTTPException where that is too much, or takes too long."""
        if self._is_whole:  # what comes now is that the client leaves
            return await self._receive()
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
        if self._read > self._limit:
            raise HTTPException(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, _words(self._limit), _CLOSES)
        return message


def _words(limit: int) -> str:
    return f"a request of this kind may bring {limit // MEGABYTE} MB"
