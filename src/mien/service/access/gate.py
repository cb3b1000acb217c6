"""The gate before all routes of the API: nobody comes further who may not, and no body is read before."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from http import HTTPStatus
from typing import Protocol
from urllib.parse import urlsplit

from anyio import CapacityLimiter
from anyio.lowlevel import RunVar
from anyio.to_thread import run_sync
from fastapi import Request, WebSocket
from starlette.datastructures import Headers
from starlette.requests import HTTPConnection, cookie_parser
from starlette.routing import Match, Router
from starlette.types import ASGIApp, Receive, Scope, Send

from mien.domain.accounts import Account, ApiKey, Session, acting, is_at_least
from mien.service.access.addresses import place_of
from mien.service.access.rates import Rates
from mien.service.access.table import API, OPEN, Rule, rule_of
from mien.service.problems import send_problem

COOKIE, CSRF_HEADER = "mien_session", "x-csrf-token"
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_LOOKUPS = 8  # at once: they are short
_LIMITER: RunVar[CapacityLimiter] = RunVar("look-ups of the gate")


@dataclass(frozen=True, slots=True)
class Caller:
    """Who sends a request: a browser that is logged in, or a program with the key of an account."""

    account: Account
    session: Session | None = None
    key: ApiKey | None = None


class Credentials(Protocol):
    """Knows whose a cookie or a key is."""

    def of_session(self, digest: str) -> Session | None:
        """The valid session of a cookie's digest."""
        ...

    def of_key(self, digest: str) -> tuple[ApiKey, Account] | None:
        """The valid key of a secret's digest, and whose it is."""
        ...


def digest_of(secret: str) -> str:
    """What is kept of a secret of at least 128 random bits, by which it is found."""
    return sha256(secret.encode()).hexdigest()


class Gate:
    """ASGI middleware: 401 without credentials, 403 with too small a role, a key without the scope, or no CSRF token.

    Whatever lies below the API's path and is not open asks for credentials, whether there is such a route or not. Who
    asks too often, as a caller or without credentials from an address, is answered 429. Within the answer to a request
    whoever sends it is at work (see `acting`), so that the audit log says so.
    """

    def __init__(self, app: ASGIApp, router: Router, credentials: Credentials, rates: Rates) -> None:
        self._app = app
        self._router = router
        self._credentials = credentials
        self._rates = rates

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request pass, or refuse it."""
        if scope["type"] not in ("http", "websocket") or not scope["path"].startswith(f"{API}/"):
            await self._app(scope, receive, send)
            return
        rule = self._rule(scope)
        headers = Headers(scope=scope)
        caller = None if rule == OPEN else await caller_by(self._credentials, headers)
        is_login = rule == OPEN and scope.get("method") not in _SAFE
        if wait_s := self._rates.wait_s(_counted(caller, scope), is_login=is_login):
            words, told = f"too many requests: try again in {wait_s} s", {"retry-after": str(wait_s)}
            await send_problem(scope, send, HTTPStatus.TOO_MANY_REQUESTS, words, told)
            return
        if rule == OPEN:
            with acting("visitor"):
                await self._app(scope, receive, send)
            return
        if caller is None:
            told = {"www-authenticate": "Bearer"}
            await send_problem(scope, send, HTTPStatus.UNAUTHORIZED, "log in, or show an API key", told)
            return
        if refused := _refused(rule, caller, scope, headers):
            await send_problem(scope, send, HTTPStatus.FORBIDDEN, refused)
            return
        scope.setdefault("state", {})["caller"] = caller
        with acting(f"account:{caller.account.account_id}"):
            await self._app(scope, receive, send)

    def _rule(self, scope: Scope) -> Rule | None:
        """What the route asks for that would answer; none where there is no such route."""
        for route in self._router.routes:
            if route.matches(scope)[0] == Match.FULL:
                method = "WS" if scope["type"] == "websocket" else scope["method"]
                return rule_of(method, getattr(route, "path", ""))
        return None


async def caller_by(credentials: Credentials, headers: Mapping[str, str]) -> Caller | None:
    """Who sends these headers, as of now; none where what they show is not, or not any more, valid.

    Looked up beside the threads in which requests are answered: however many of these wait, it is said who asks.
    """
    limiter = _LIMITER.get(None)
    if limiter is None:
        _LIMITER.set(limiter := CapacityLimiter(_LOOKUPS))
    return await run_sync(_caller_by, credentials, headers, limiter=limiter)


def _caller_by(credentials: Credentials, headers: Mapping[str, str]) -> Caller | None:
    shown, _, secret = headers.get("authorization", "").partition(" ")
    if shown.lower() == "bearer":
        found = credentials.of_key(digest_of(secret.strip()))
        return Caller(found[1], key=found[0]) if found else None
    session = credentials.of_session(digest_of(token)) if (token := session_token(headers)) else None
    return Caller(session.account, session) if session else None


def caller(request: Request) -> Caller:
    """Who sends this request; routes that are not open ask for it."""
    found = request.state.caller
    assert isinstance(found, Caller), "the gate lets nobody else in"
    return found


def caller_of(socket: WebSocket) -> Caller:
    """Who opened this socket."""
    found = socket.state.caller
    assert isinstance(found, Caller), "the gate lets nobody else in"
    return found


def address_of(connection: HTTPConnection) -> str:
    """Where a request or a socket comes from, as far as that is known: what limits of visitors are counted under."""
    return place_of(connection.client.host) if connection.client else ""


def _counted(who: Caller | None, scope: Scope) -> str:
    """Whose requests one is counted among: of an account, of a key, or without credentials of an address."""
    if who is None:
        return f"address {address_of(HTTPConnection(scope))}"
    return f"key {who.key.key_id}" if who.key else f"account {who.account.account_id}"


def _refused(rule: Rule | None, who: Caller, scope: Scope, headers: Mapping[str, str]) -> str:
    """Why somebody who is known may not, or empty."""
    if rule is None:
        return ""  # the router says that there is no such route
    if rule.role is not None and not is_at_least(who.account.role, rule.role):
        return f"this is for the role {rule.role}, and yours is {who.account.role}"
    if who.key is not None:
        has_scope = rule.scope is not None and rule.scope in who.key.scopes
        return "" if has_scope else f"this is not for an API key {f'without {rule.scope}' if rule.scope else 'at all'}"
    if scope["type"] == "websocket":
        return "" if is_own_origin(headers) else "sockets are opened by pages of this server only"
    assert who.session is not None, "whoever has no key has a session"
    if scope["method"] not in _SAFE:
        shown = headers.get(CSRF_HEADER, "")
        if not secrets.compare_digest(shown.encode(), who.session.csrf_token.encode()):
            return f"the header {CSRF_HEADER} is not that of the session"
    return ""


def is_own_origin(headers: Mapping[str, str]) -> bool:
    """Whether a page of this server sends these headers of a browser."""
    try:
        origin = urlsplit(headers.get("origin", "")).netloc
    except ValueError:  # no address at all
        return False
    return bool(origin) and origin == headers.get("host", "")


def session_token(headers: Mapping[str, str]) -> str:
    """The token of the session that a browser shows, or empty.

    Cookies of other servers of this host come along, whatever is in them: http.cookies would give up at some of these.
    """
    return cookie_parser(headers.get("cookie", "")).get(COOKIE, "")
