"""Requests for the head of an answer alone, which every page and every route answers that can be read."""

from starlette.types import ASGIApp, Receive, Scope, Send


class Heads:
    """ASGI middleware that has HEAD answered as GET is: the server sends nothing of the body (RFC 9110)."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, HEAD by another word."""
        if scope["type"] == "http" and scope["method"] == "HEAD":
            scope = {**scope, "method": "GET"}
        await self._app(scope, receive, send)
