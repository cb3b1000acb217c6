"""Every route of the whole service, by every role, by every method, by every key: whoever may less is refused."""

from itertools import product

import pytest
from starlette.websockets import WebSocketDisconnect
from tests.support.service import CSRF, ORIGIN, Known, browser, program, socket
from tests.support.whole import whole_service

from mien.domain.accounts import KEY_SCOPES, ROLES, is_at_least
from mien.service.access.gate import CSRF_HEADER
from mien.service.access.table import ACCESS, API, OPEN
from mien.service.app import check_rules
from mien.wiring.serving import serving

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
CALLERS = (None, *ROLES)


@pytest.fixture
def known() -> Known:
    return Known()


@pytest.fixture
def app(settings, stores, clock, known, monkeypatch):
    """The whole service, with an account of each role, and no bound on how often somebody asks."""
    monkeypatch.setattr(serving, "StoredCredentials", lambda *_: known)
    free = settings.model_copy(update={"service": type(settings.service)(requests_per_minute=10**6)})
    return whole_service(free, stores, clock).app


def address(path: str) -> str:
    """A place that the path of a route fits, whatever stands in it."""
    parts = ("1" if part.startswith("{") else part for part in path.split("/"))
    return "/".join(parts)


def rule(method: str, path: str):
    return ACCESS.get(("GET" if method == "HEAD" else method, path))


PATHS = sorted({path for _, path in ACCESS})
ROUTES = sorted(ACCESS)
SOCKETS = [path for method, path in ROUTES if method == "WS"]
PLAIN = [path for path in PATHS if any(place == path and method != "WS" for method, place in ROUTES)]


def test_every_route_stands_in_the_table_and_every_rule_has_a_route(app):
    check_rules(app, is_whole=True)
    described = {path.removeprefix(API) for path in app.openapi()["paths"] if path.startswith(API)}
    assert described == {path.replace(":path}", "}") for path in PLAIN}, "all of them are described"
    assert {
        path for path in described if address(path).split("/")[1] in ("recognition", "detection", "verification")
    } == set()


def test_whoever_is_nobody_is_refused_everything_that_is_not_open(app):
    nobody = browser(app, None, raises=False)
    found = {
        (method, path): nobody.request(method, f"{API}{address(path)}").status_code
        for method, path in product(METHODS, PLAIN)
        if rule(method, path) != OPEN
    }
    assert found and {*found.values()} == {401}


def test_the_open_routes_are_those_that_are_meant_to_be():
    assert {(method, path) for (method, path), one in ACCESS.items() if one == OPEN} <= {
        *(("GET", path) for path in ("/health", "/ready", "/version", "/setup", "/signup")),
        *(("POST", path) for path in ("/setup", "/session", "/signup", "/session/face")),
        *(("WS", path) for path in ("/session/face", "/signup/camera")),
    }


@pytest.mark.parametrize("role", ROLES)
def test_too_small_a_role_is_refused_and_no_other_is(app, role):
    """Whoever may is let through to the route; what it makes of an empty request is its own."""
    client, refused = browser(app, role, raises=False), 0
    for method, path in ROUTES:
        wanted = ACCESS[method, path].role
        if method == "WS" or wanted is None:
            continue
        if not is_at_least(role, wanted):
            answer = client.request(method, f"{API}{address(path)}")
            assert answer.status_code == 403, f"{method} {path}"
            assert answer.json()["detail"] == f"this is for the role {wanted}, and yours is {role}"
            refused += 1
        elif method == "GET":
            assert client.get(f"{API}{address(path)}").status_code not in (401, 403), path
    assert refused == sum(
        not is_at_least(role, one.role) for (method, _), one in ACCESS.items() if method != "WS" and one.role
    )


@pytest.mark.parametrize("csrf", ["", "guessed", CSRF[:-1]])
def test_nothing_is_changed_without_the_token_of_the_session(app, csrf):
    client = browser(app, "admin", raises=False)
    client.headers[CSRF_HEADER] = csrf
    for method, path in ROUTES:
        if method not in ("GET", "WS") and ACCESS[method, path] != OPEN:
            assert client.request(method, f"{API}{address(path)}").status_code == 403, f"{method} {path}"


@pytest.mark.parametrize("role", ROLES)
def test_a_key_without_the_scope_is_refused_whoevers_it_is(app, known, role):
    for scope in KEY_SCOPES:
        client = program(app, known.key(role, *(one for one in KEY_SCOPES if one != scope)))
        for method, path in ROUTES:
            one = ACCESS[method, path]
            if method != "WS" and one != OPEN and one.scope in (scope, None):
                assert client.request(method, f"{API}{address(path)}").status_code == 403, f"{method} {path}"


def test_a_key_never_does_more_than_its_owner(app, known):
    client = program(app, known.key("viewer", *KEY_SCOPES))
    for method, path in ROUTES:
        if method != "WS" and ACCESS[method, path].role in ("operator", "admin"):
            assert client.request(method, f"{API}{address(path)}").status_code == 403, f"{method} {path}"


def test_sockets_open_for_whoever_may_alone(app):
    for path in SOCKETS:
        wanted = ACCESS["WS", path].role
        if wanted is None:
            continue  # those that are meant to be, as is said above
        for role in CALLERS:
            if role is None or not is_at_least(role, wanted):
                with pytest.raises(WebSocketDisconnect) as refused, socket(app, address(path), role, ORIGIN):
                    pass
                assert refused.value.code in (4401, 4403)
        with (
            pytest.raises(WebSocketDisconnect) as refused,
            socket(app, address(path), "admin", "http://elsewhere.test"),
        ):
            pass
        assert refused.value.code == 4403


def test_what_there_is_not_is_told_to_nobody_who_is_unknown(app):
    for path in ("/absent", "/accounts/1/absent", "//accounts", "/accounts/", "/health/", "/ACCOUNTS"):
        assert browser(app, None, raises=False).get(f"{API}{path}").status_code == 401, path
