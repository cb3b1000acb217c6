"""How much one request may bring: what is too large is refused as soon as that is known, and not read to its end."""

from http import HTTPStatus

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mien.service.problems import send_problem

MEGABYTE = 1_000_000
_TEXTS = ("application/json", "application/x-www-form-urlencoded", "text/")
_LARGEST_TEXT = MEGABYTE
_CLOSES = {"connection": "close"}  # nobody reads on


class BodyLimit:
    """ASGI middleware: 413 where a body is larger than ``upload_mb``, or as a text than one megabyte."""

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
        read = 0

        async def counted() -> Message:
            nonlocal read
            message = await receive()
            read += len(message.get("body", b""))
            if read > limit:
                raise HTTPException(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, _words(limit), _CLOSES)
            return message

        await self._app(scope, counted, send)

    def _limit(self, content_type: str) -> int:
        is_text = not content_type or content_type.lower().startswith(_TEXTS)
        return _LARGEST_TEXT if is_text else self._upload_bytes


def _words(limit: int) -> str:
    return f"a request of this kind may bring {limit // MEGABYTE} MB"
