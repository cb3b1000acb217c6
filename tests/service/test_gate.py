"""Nobody gets past the gate who may not, and everybody is told why."""

from threading import Event, Thread

import pytest
from anyio import to_thread
from fastapi import WebSocket
from starlette.websockets import WebSocketDisconnect
from tests.service.live.test_browser import until
from tests.support.service import ORIGIN, Known, browser, program, service, socket

from mien.domain.accounts import who_acts
from mien.service.access import gate, table
from mien.service.access.table import ACCESS, LOOK, ORDER, OWN
from mien.service.area import area
from mien.service.health.routes import build


@pytest.fixture
def app(monkeypatch):
    rules = {
        ("GET", "/things"): LOOK,
        ("POST", "/things"): ORDER,
        ("GET", "/mine"): OWN,
        ("GET", "/broken"): LOOK,
        ("GET", "/actor"): LOOK,
        ("GET", "/waiting"): LOOK,
        ("GET", "/quick"): LOOK,
        ("WS", "/sock"): LOOK,
    }
    for module in (table, __import__("mien.service.app", fromlist=["app"])):
        monkeypatch.setattr(module, "ACCESS", {**ACCESS, **rules})
    router, may_go_on, waiting = area("things"), Event(), list[int]()

    @router.get("/waiting")
    def wait() -> None:
        waiting.append(1)
        may_go_on.wait(20)

    @router.get("/quick")
    async def quick() -> int:
        return 1

    @router.get("/things")
    def things() -> dict[str, int]:
        return {"things": 1}

    @router.post("/things")
    def make(body: dict[str, int]) -> dict[str, int]:
        return body

    @router.get("/actor")
    def actor() -> str | None:
        return who_acts()

    @router.get("/broken")
    def broken() -> None:
        raise RuntimeError("a secret")

    @router.get("/mine")
    def mine() -> dict[str, int]:
        return {"mine": 1}

    @router.websocket("/sock")
    async def sock(socket: WebSocket) -> None:
        await socket.accept()
        await socket.send_text(gate.caller_of(socket).account.role)

    known = Known()
    app = service(router, build("1", lambda: "models"), credentials=known)
    app.state.known, app.state.may_go_on, app.state.waiting = known, may_go_on, waiting
    return app


@pytest.mark.parametrize("path", ["/things", "/mine", "/absent", "/", "/things/../mine"])
def test_without_credentials_nothing_is_told_not_even_what_there_is(app, path):
    answer = browser(app, None).get(f"/api/v1{path}")
    assert answer.status_code == 401 and answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["x-content-type-options"] == "nosniff" and answer.json()["title"] == "Unauthorized"


def test_a_body_is_not_read_before_somebody_is_known(app):
    assert browser(app, None).post("/api/v1/things", content=b"no json").status_code == 401
    assert browser(app, "viewer").post("/api/v1/things", content=b"no json").status_code == 403
    assert browser(app, "operator").post("/api/v1/things", content=b"no json").status_code == 422


def test_roles_scopes_and_tokens_of_a_session_are_asked_for(app):
    known = app.state.known
    assert browser(app, "viewer").get("/api/v1/things").json() == {"things": 1}
    assert "for the role operator" in browser(app, "viewer").post("/api/v1/things", json={}).json()["detail"]
    foreign = browser(app, "operator")
    foreign.headers[gate.CSRF_HEADER] = "of another"
    assert foreign.post("/api/v1/things", json={}).status_code == 403
    assert browser(app, "operator").post("/api/v1/things", json={"a": 1}).json() == {"a": 1}
    assert program(app, known.key("operator", "people")).post("/api/v1/things", json={}).status_code == 200
    assert program(app, known.key("operator", "read")).post("/api/v1/things", json={}).status_code == 403
    assert program(app, known.key("viewer", "people", "read")).post("/api/v1/things", json={}).status_code == 403
    assert program(app, known.key("viewer", "read", "people")).get("/api/v1/mine").status_code == 403
    assert program(app, "invented").get("/api/v1/things").status_code == 401


def test_what_is_unknown_or_no_method_is_told_to_who_is_known(app):
    assert browser(app, "viewer").get("/api/v1/absent").status_code == 404
    assert browser(app, "viewer").delete("/api/v1/things").status_code == 405
    assert browser(app, None).get("/api/v1/health").json() == {"is_alive": True}
    assert browser(app, None).get("/api/v1/ready").status_code == 503


def test_what_can_be_read_has_a_head(app):
    for path, role, status in (("health", None, 200), ("things", None, 401), ("things", "viewer", 200)):
        answer = browser(app, role).head(f"/api/v1/{path}")
        assert (answer.status_code, answer.content) == (status, b"")
    assert int(browser(app, "viewer").head("/api/v1/things").headers["content-length"]) == len('{"things":1}')


def test_it_is_said_who_asks_while_all_threads_wait(app):
    with browser(app, "viewer") as client:
        assert client.portal is not None
        limiter = client.portal.call(to_thread.current_default_thread_limiter)
        limiter.total_tokens = 2
        waiting = [Thread(target=client.get, args=("/api/v1/waiting",)) for _ in range(4)]
        for one in waiting:
            one.start()
        until(lambda: len(app.state.waiting) == 2)
        assert limiter.borrowed_tokens == 2
        answers: list[int] = []

        def ask() -> None:
            answers.extend(client.get(f"/api/v1/{path}").status_code for path in ("quick", "health", "ready"))

        asking = Thread(target=ask)
        asking.start()
        asking.join(10)
        told = [*answers]
        app.state.may_go_on.set()
        for one in (*waiting, asking):
            one.join(20)
        assert told == [200, 200, 503]


def test_a_defect_is_a_problem_too_that_tells_nothing(app):
    answer = browser(app, "viewer", raises=False).get("/api/v1/broken")
    assert answer.status_code == 500 and answer.headers["content-type"] == "application/problem+json"
    assert "secret" not in answer.text


def test_within_an_answer_whoever_asks_is_at_work(app):
    assert who_acts() is None
    assert browser(app, "operator").get("/api/v1/actor").json() == "account:2"
    assert program(app, app.state.known.key("viewer", "read")).get("/api/v1/actor").json() == "account:1"
    assert who_acts() is None


def test_sockets_are_for_pages_of_this_server(app):
    with socket(app, "/sock", "viewer") as opened:
        assert opened.receive_text() == "viewer"
    for role, origin in (("viewer", "http://elsewhere.test"), ("viewer", ""), (None, ORIGIN)):
        with pytest.raises(WebSocketDisconnect), socket(app, "/sock", role, origin):
            pass


def test_a_route_without_a_rule_is_noticed_at_once():
    router = area("things")
    router.get("/unruled")(lambda: None)
    with pytest.raises(AssertionError, match="unruled"):
        service(router)
