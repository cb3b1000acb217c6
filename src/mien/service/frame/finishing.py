"""Changes that are under way as the service ends: they are waited for, and no other one begins."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus

from fastapi import FastAPI
from starlette.types import ASGIApp, Receive, Scope, Send

from mien.service.access.table import API
from mien.service.problems import send_problem

LONGEST_S = 60.0
"""How long they are waited for."""
_SOON_S = 1.0
"""What is done by then, as the request for a restart itself, nobody need hear of."""
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
ENDING = "mien is ending, or beginning anew: nothing is changed until it is back"
"""Why a change is not taken any more."""
_AGAIN_S = "5"


@dataclass(slots=True)
class Changes:
    """How many of them are under way, by requests and by what is said over sockets. Of the thread that answers."""

    under_way: int = 0
    _ending_s: float | None = None
    _is_told: bool = False

    @property
    def is_ending(self) -> bool:
        """Whether none is taken any more."""
        return self._ending_s is not None

    @contextmanager
    def one(self) -> Iterator[None]:
        """One is made within; whoever begins it has looked whether any is taken."""
        self.under_way += 1
        try:
            yield
        finally:
            self.under_way -= 1

    def may_end(self, now_s: float, tell: Callable[[str], None]) -> bool:
        """Take no more of them; whether those under way are done, or have had `LONGEST_S`.

        ``tell`` hears that they are waited for, and of those that are not any longer.
        """
        self._ending_s = now_s if self._ending_s is None else self._ending_s
        if not self.under_way:
            return True
        words, waited_s = f"{self.under_way} change{'' if self.under_way == 1 else 's'}", now_s - self._ending_s
        if waited_s >= LONGEST_S:
            tell(f"{words} took longer than {LONGEST_S:g} s and may be left half done")
            return True
        if waited_s >= _SOON_S and not self._is_told:
            self._is_told = True
            tell(f"{words} under way: waiting up to {LONGEST_S:g} s until done")
        return False


class _Counted:
    """ASGI middleware that counts them, and answers 503 where the service is ending."""

    def __init__(self, app: ASGIApp, changes: Changes) -> None:
        self._app = app
        self._changes = changes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on."""
        if scope["type"] != "http" or scope["method"] in _SAFE or not scope["path"].startswith(f"{API}/"):
            await self._app(scope, receive, send)
            return
        if self._changes.is_ending:
            await send_problem(scope, send, HTTPStatus.SERVICE_UNAVAILABLE, ENDING, {"retry-after": _AGAIN_S})
            return
        with self._changes.one():
            await self._app(scope, receive, send)


def count_changes(app: FastAPI) -> None:
    """Have an application count them, within the middleware that is added later."""
    app.state.changes = Changes()
    app.add_middleware(_Counted, changes=app.state.changes)


def changes_of(app: FastAPI) -> Changes:
    """Those of an application that counts them."""
    found = app.state.changes
    assert isinstance(found, Changes), "every application counts its changes"
    return found
