"""Pages of other origins use the API where the settings name them, by a key, and otherwise not at all."""

import pytest
from starlette.websockets import WebSocketDisconnect
from tests.support.service import Known, browser, program, service, socket

from mien.engine.serving.hub import Hub
from mien.service import app as application
from mien.service.access.gate import CSRF_HEADER
from mien.service.cameras.routes import build as cameras
from mien.service.live.routes import LiveTools
from mien.service.live.routes import build as live
from mien.service.settings import ServiceSettings

WALL, OTHER = "https://wall.example", "https://other.example"
GRANT = "access-control-allow-origin"


@pytest.fixture
def known() -> Known:
    return Known()


@pytest.fixture
def app(known):
    """One area of what is asked for with a key, beside the live sockets, open to one page."""
    settings = ServiceSettings(allowed_origins=(WALL,))
    areas = cameras(Hub(), None), live(LiveTools(None, None, None, known))
    return application.create_app(areas, known, "0.0.test", settings=settings, is_whole=False)


def preflight(app, origin: str, method: str = "GET", headers: str = "authorization"):
    asked = {"origin": origin, "access-control-request-method": method, "access-control-request-headers": headers}
    return browser(app, None).options("/api/v1/cameras", headers=asked)


def test_a_page_that_is_named_is_let_through_with_a_key_and_with_nothing_else(app, known):
    answer = preflight(app, WALL, "PATCH", "authorization, if-match, content-type, idempotency-key")
    assert answer.status_code == 200 and answer.headers[GRANT] == WALL
    assert answer.headers["x-content-type-options"] == "nosniff", "every answer bears these"
    assert "access-control-allow-credentials" not in answer.headers, "cookies stay out"
    assert preflight(app, WALL, "POST", CSRF_HEADER).status_code == 400, "no session changes anything from there"
    asked = browser(app, None).get("/api/v1/cameras", headers={"origin": WALL})
    assert asked.status_code == 401 and asked.headers[GRANT] == WALL, "the page reads why it is refused"
    shown = program(app, known.key("viewer", "read")).get("/api/v1/cameras", headers={"origin": WALL})
    assert shown.status_code == 200 and shown.headers[GRANT] == WALL
    assert "etag" in shown.headers["access-control-expose-headers"]


def test_no_other_page_is(app, known):
    for origin in (OTHER, "http://wall.example", f"{WALL}:8443", "https://wall.example.evil.example", "null"):
        refused = preflight(app, origin)
        assert refused.status_code == 400 and GRANT not in refused.headers, origin
        asked = program(app, known.key("viewer", "read")).get("/api/v1/cameras", headers={"origin": origin})
        assert GRANT not in asked.headers, origin


def test_sockets_stay_with_pages_of_this_server(app):
    with pytest.raises(WebSocketDisconnect) as refused, socket(app, "/live", "admin", WALL):
        pass
    assert refused.value.code == 4403


def test_as_it_is_no_page_is_let_through(known):
    app = service(cameras(Hub(), None), credentials=known)
    refused = preflight(app, WALL)
    assert refused.status_code == 401 and GRANT not in refused.headers
