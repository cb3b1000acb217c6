"""The web service with one area or several, and browsers of every role that are logged in already."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from fastapi import APIRouter
from fastapi.testclient import TestClient

from mien.domain.accounts import ROLES, Account, ApiKey, KeyScope, Role, Session
from mien.service import app as application
from mien.service.access.gate import COOKIE, CSRF_HEADER, digest_of

NOW = datetime(2026, 1, 2, tzinfo=UTC)
CSRF = "of-the-session"
ORIGIN = "http://mien.test"


class Known:
    """Credentials of one account of each role, whose cookie is the role's name, and of keys made by `key`."""

    def __init__(self) -> None:
        self._keys: dict[str, tuple[ApiKey, Account]] = {}

    def of_session(self, digest: str) -> Session | None:
        role = next((role for role in ROLES if digest_of(role) == digest), None)
        return Session(account(role), CSRF, NOW, NOW + timedelta(days=999)) if role else None

    def of_key(self, digest: str) -> tuple[ApiKey, Account] | None:
        return self._keys.get(digest)

    def key(self, role: Role, *scopes: KeyScope) -> str:
        """A key of an account, with scopes."""
        secret = f"{role}-{'-'.join(scopes)}"
        made = ApiKey(len(self._keys) + 1, account(role).account_id, "a program", secret[:6], frozenset(scopes), NOW)
        self._keys[digest_of(secret)] = made, account(role)
        return secret


def account(role: Role) -> Account:
    """The account of a role."""
    return Account(1 + ROLES.index(role), f"some {role}", role, NOW)


def service(*routers: APIRouter, credentials: Known | None = None):
    """An application of these areas alone, whatever else the table of access knows."""
    return application.create_app(routers, credentials or Known(), "0.0.test", is_whole=False)


def browser(app, role: Role | None = "admin", raises: bool = True) -> TestClient:
    """A browser that is logged in as somebody of a role, or as nobody."""
    client = TestClient(app, base_url=ORIGIN, raise_server_exceptions=raises)
    if role:
        client.cookies.set(COOKIE, role)
        client.headers[CSRF_HEADER] = CSRF
    return client


def socket(app, path: str, role: Role | None = "admin", origin: str = ORIGIN):
    """A socket that a page of an origin opens in such a browser; a context manager."""
    address = f"{ORIGIN.replace('http', 'ws')}/api/v1{path}"
    return browser(app, role).websocket_connect(address, headers={"origin": origin})


def program(app, secret: str) -> TestClient:
    """A program that shows a key."""
    return TestClient(app, base_url=ORIGIN, headers={"authorization": f"Bearer {secret}"})


def refused(app, method: str, path: str, roles: Sequence[Role | None]) -> list[int]:
    """What a request without a body is answered, by role."""
    return [browser(app, role, raises=False).request(method, f"/api/v1{path}").status_code for role in roles]
