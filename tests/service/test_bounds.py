"""Who asks too often waits, and what is too large is refused before it is read."""

from contextlib import asynccontextmanager

import pytest
from fastapi.testclient import TestClient
from starlette.exceptions import HTTPException
from starlette.requests import Request
from tests.support.service import CSRF, ORIGIN, Known, browser, program, service

from mien.service import app as application
from mien.service.access import table
from mien.service.access.gate import COOKIE, CSRF_HEADER
from mien.service.access.table import ACCESS, LOOK, OPEN, ORDER
from mien.service.area import area
from mien.service.frame import bounds
from mien.service.frame.bounds import MEGABYTE
from mien.service.health.routes import build
from mien.service.settings import ServiceSettings
from mien.service.uploads import admitting


@asynccontextmanager
async def admitted(request: Request):
    if request.url.query == "refused":
        raise HTTPException(429)
    yield


@pytest.fixture
def made(monkeypatch):
    rules = {("GET", "/things"): LOOK, ("POST", "/things"): ORDER, ("POST", "/door"): OPEN, ("POST", "/texts"): ORDER}
    for module in (table, application):
        monkeypatch.setattr(module, "ACCESS", {**ACCESS, **rules})
    router, pictures, known = area("things"), area("things"), Known()
    pictures.route_class = admitting(admitted)

    @router.get("/things")
    def things() -> int:
        return 1

    @pictures.post("/things")
    async def take(request: Request) -> int:
        return len(await request.body())

    @router.post("/texts")
    def texts(body: dict[str, str]) -> int:
        return len(body)

    @router.post("/door")
    def door(body: dict[str, str] | None = None) -> int:
        return len(body or "1")

    def make(**settings: int):
        app = application.create_app(
            (router, pictures, build("1", lambda: "")),
            known,
            "0.0.test",
            settings=ServiceSettings(**settings),
            is_whole=False,
        )
        app.state.known = known
        return app

    return make


def statuses(client, count: int, path: str = "/things", method: str = "GET") -> list[int]:
    return [client.request(method, f"/api/v1{path}").status_code for _ in range(count)]


def test_every_caller_has_their_own_minute(made):
    app = made(requests_per_minute=3)
    assert statuses(browser(app, "viewer"), 4) == [200, 200, 200, 429]
    assert statuses(browser(app, "operator"), 4) == [200, 200, 200, 429]
    assert statuses(program(app, app.state.known.key("viewer", "read")), 4) == [200, 200, 200, 429]
    assert statuses(browser(app, None), 4) == [401, 401, 401, 429], "of an address, whatever it shows"
    assert statuses(program(app, "guessed"), 1) == [429] and statuses(program(app, "another"), 1) == [429]
    refused = browser(app, None).get("/api/v1/health")
    assert refused.status_code == 429 and 1 <= int(refused.headers["retry-after"]) <= 60
    assert refused.json()["title"] == "Too Many Requests"


def test_fewer_attempts_to_get_in_than_requests(made):
    app = made(requests_per_minute=100, logins_per_minute=2)
    assert statuses(browser(app, None), 3, "/door", "POST") == [200, 200, 429]
    assert statuses(browser(app, None), 3, "/health") == [200, 200, 200]


@pytest.mark.parametrize(
    ("hosts", "statuses"),
    [
        (("2001:db8:0:1::1", "2001:db8:0:1:ffff::2", "2001:db8:0:2::1"), [200, 429, 200]),
        (("::ffff:192.0.2.1", "192.0.2.1", "::FFFF:192.0.2.2", "192.0.2.3"), [200, 429, 200, 200]),
        (("fe80::1%eth0", "fe80::2%eth0"), [200, 429]),
        (("::1", "::1", "127.0.0.1"), [200, 429, 200]),
        (("somewhere", "somewhere", "elsewhere"), [200, 429, 200]),
    ],
)
def test_the_addresses_of_one_network_of_ipv6_are_one_visitor(made, hosts, statuses):
    app = made(requests_per_minute=100, logins_per_minute=1)
    clients = [TestClient(app, base_url=ORIGIN, client=(host, 1)) for host in hosts]
    assert [client.post("/api/v1/door").status_code for client in clients] == statuses


def sent(app, chunks: list[bytes], content_type: str, length: str = "", path: str = "/things"):
    """The status of an answer, and how many pieces of the body were asked for, of a raw request without a client."""
    import anyio

    asked, answers = 0, []

    async def receive():
        nonlocal asked
        asked += 1
        return {"type": "http.request", "body": chunks[asked - 1], "more_body": asked < len(chunks)}

    async def send(message):
        answers.append(message)

    headers = [
        (b"host", ORIGIN.removeprefix("http://").encode()),
        (b"cookie", f"{COOKIE}=operator".encode()),
        (CSRF_HEADER.encode(), CSRF.encode()),
        (b"content-type", content_type.encode()),
        *([(b"content-length", length.encode())] if length else []),
    ]
    path, _, query = path.partition("?")
    scope = {
        "type": "http",
        "method": "POST",
        "path": f"/api/v1{path}",
        "raw_path": b"",
        "query_string": query.encode(),
    }
    more = {"headers": headers, "scheme": "http", "client": ("here", 1), "server": ("mien.test", 80), "state": {}}
    anyio.run(app, {**scope, **more, "asgi": {"version": "3.0"}, "http_version": "1.1"}, receive, send)
    return answers[0]["status"], asked


CHUNK = b"x" * 100_000


@pytest.mark.parametrize(
    ("chunks", "length", "status", "most"),
    [
        (50, "", 413, 31),
        (30, "", 200, 30),
        (50, "5000000", 413, 0),
        (50, "9" * 400, 413, 0),
        (50, "12", 413, 31),
    ],
)
@pytest.mark.parametrize("kind", ["image/png", "multipart/form-data; boundary=b", ""])
def test_what_is_too_large_is_not_read_to_its_end(made, chunks, length, status, most, kind):
    answered, asked = sent(made(upload_mb=3), [CHUNK] * chunks, kind, length)
    assert answered == status and asked <= most


KINDS = ("application/json", "application/json; charset=utf-8", "image/png", "multipart/form-data; boundary=b", "")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("path", "most"), [("/texts", 11), ("/door", 1), ("/things?refused", 0)])
def test_much_is_read_by_routes_of_pictures_alone_of_whoever_was_let_in(made, path, most, kind):
    status = 429 if path == "/things?refused" else 413
    assert sent(made(), [CHUNK] * 50, kind, path=path) == (status, most)
    assert sent(made(), [CHUNK] * 50, kind, "5000000", path=path) == (status, 0)


def test_who_may_not_send_it_is_told_so_first(made):
    large = b"x" * (2 * MEGABYTE)
    assert browser(made(), "viewer").post("/api/v1/things", content=large).status_code == 403
    assert browser(made(), None).post("/api/v1/things", content=large).status_code == 401


def test_the_problem_says_how_much_it_may_be(made):
    refused = browser(made(), "operator").post("/api/v1/texts", json={"a": "x" * 2 * MEGABYTE})
    assert refused.status_code == 413 and refused.json()["detail"] == "a request of this kind may bring 1 MB"
    refused = browser(made(), None).post("/api/v1/door", json={"a": "x" * MEGABYTE})
    assert refused.status_code == 413 and refused.json()["detail"] == "a request of this kind may bring 64 kB"


def dripped(app, monkeypatch, chunk: bytes, wait_s: float, path: str = "/things") -> tuple[int, int]:
    """The status of an answer to a body that comes bit by bit, and how many bits were asked for."""
    now_s, count = 0.0, 100

    def coming():
        nonlocal now_s
        for _ in range(count):
            now_s += wait_s
            yield chunk

    monkeypatch.setattr(bounds.time, "monotonic", lambda: now_s)
    return sent(app, _Lazy(coming(), count), "image/png" if path == "/things" else "application/json", path=path)


class _Lazy:
    """Chunks that are made once they are asked for, in their order."""

    def __init__(self, made, count: int) -> None:
        self._made = made
        self._count = count

    def __getitem__(self, _: int) -> bytes:
        return next(self._made)

    def __len__(self) -> int:
        return self._count


@pytest.mark.parametrize("path", ["/things", "/texts"])
def test_a_body_that_drips_is_not_waited_for(made, monkeypatch, path):
    status, asked = dripped(made(), monkeypatch, b"x", 10.0, path)
    assert status == 408 and asked < 6


def test_a_large_body_may_take_its_time(made, monkeypatch):
    assert dripped(made(), monkeypatch, CHUNK, 5.0) == (200, 100)


def test_an_area_alone_has_the_usual_bounds():
    assert browser(service(build("1", lambda: "")), None).get("/api/v1/health").status_code == 200
