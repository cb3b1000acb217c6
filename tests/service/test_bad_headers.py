"""Requests whose headers and addresses are made up: they open nothing, end nothing of others, and break nothing."""

import socket as sockets

import pytest
from starlette.websockets import WebSocketDisconnect
from tests.service.conftest import PASSWORD
from tests.support.service import ORIGIN, browser, service
from tests.support.serving import served

from mien.service.access.gate import COOKIE
from mien.service.access.table import ACCESS, API
from mien.service.frame.pages import add_pages
from mien.service.health.routes import build

LARGE = "the same over and over; " * 1_000


@pytest.fixture
def other(page):
    """Another browser of the admin."""
    made = page()
    assert made.log_in().status_code == 200
    return made


def test_cookies_of_other_servers_of_this_host_log_nobody_out(admin, page):
    plain, own = page(), f"{COOKIE}={admin.cookies[COOKIE]}"
    for beside in (
        'prefs={"a":1,"b":[2, 3]}',
        "päth=ü",
        "$Version=1",
        "a=1=2; ; =; x",
        '"',
        "\x7f=1",
        "mien_sessions=x",
    ):
        for shown in (f"{beside}; {own}", f"{own}; {beside}"):
            assert plain.get("session", headers={"cookie": shown.encode("latin-1")}).status_code == 200, shown


@pytest.mark.parametrize("is_one_header", [True, False])
@pytest.mark.parametrize("mine_is_last", [True, False])
def test_whoever_shows_two_sessions_logs_out_the_one_they_came_in_by(admin, other, page, is_one_header, mine_is_last):
    both = [f"{COOKIE}={one.cookies[COOKIE]}" for one in ((other, admin) if mine_is_last else (admin, other))]
    shown = [("cookie", "; ".join(both))] if is_one_header else [("cookie", one) for one in both]
    who = page().get("session", headers=shown).json()["csrf_token"]
    let_in, left = (admin, other) if who == admin.headers["x-csrf-token"] else (other, admin)
    assert page().request("DELETE", "session", headers=[*shown, ("x-csrf-token", who)]).status_code == 204
    assert let_in.get("session").status_code == 401 and left.get("session").status_code == 200


def test_whatever_host_is_asked_for_people_log_in(admin, page):
    asked = {"name": "Root", "password": PASSWORD}
    for host in ("[", "[::1", "a b", "", "mien.test:port", "mien.test:99999", "x" * 9_000, "a\0b", "/@?#"):
        browser = page()
        entered = browser.request("POST", "session", json=asked, headers={"host": host})
        assert entered.status_code == 200 and "secure" not in entered.headers["set-cookie"].lower(), host
        assert browser.get("session", headers={"host": host}).status_code == 200


@pytest.mark.parametrize("path", sorted(path for method, path in ACCESS if method == "WS"))
def test_no_socket_opens_for_a_page_of_elsewhere(whole, admin, path):
    client, address = browser(whole.app, None), f"{ORIGIN.replace('http', 'ws')}{API}{path}"
    for origin in ("", "null", "http://[", "http://[::1", "mien.test", "http://mien.test@else.test", "//"):
        headers = {"origin": origin, "cookie": f"{COOKIE}={admin.cookies[COOKIE]}"}
        with pytest.raises(WebSocketDisconnect) as refused, client.websocket_connect(address, headers=headers):
            pass
        assert refused.value.code == 4403, origin


def test_what_is_no_key_opens_nothing_not_even_beside_a_session(admin):
    for shown in ("Bearer", "Bearer ", "bearer  x", "Bearer \xff", "Bearer " + "x" * 50_000):
        assert admin.get("accounts", headers={"authorization": shown.encode("latin-1")}).status_code == 401
    assert admin.get("accounts", headers={"authorization": "Basic cm9vdDpyb290"}).status_code == 200


@pytest.fixture
def pages(tmp_path):
    """A browser of a built app, beside which there is a secret."""
    built = tmp_path / "web"
    (built / "assets").mkdir(parents=True)
    built.joinpath("index.html").write_text("the page")
    built.joinpath("icon.svg").write_text("the icon")
    built.joinpath("assets", "app.js").write_text("the script")
    built.joinpath("assets", "large.js").write_text(LARGE)
    tmp_path.joinpath("secret.txt").write_text("a secret")
    app = service(build("1", lambda: ""))
    add_pages(app, built)
    return browser(app, None)


def test_the_app_is_served(pages):
    for path in ("/", "/people/person-0001", "/index.html"):
        assert pages.get(path).text == "the page"
        assert (pages.head(path).status_code, pages.head(path).text) == (200, "")
    assert (pages.get("/icon.svg").text, pages.get("/assets/app.js").text) == ("the icon", "the script")
    assert "immutable" in pages.get("/assets/app.js").headers["cache-control"]


def test_large_files_of_the_app_are_packed_on_their_way(pages):
    plain = pages.get("/assets/large.js", headers={"accept-encoding": "identity"})
    packed = pages.get("/assets/large.js", headers={"accept-encoding": "gzip"})
    assert plain.text == packed.text == LARGE and "content-encoding" not in plain.headers
    assert packed.headers["content-encoding"] == "gzip" and "immutable" in packed.headers["cache-control"]
    assert packed.headers["vary"].lower() == plain.headers["vary"].lower() == "accept-encoding"
    assert packed.headers.get("content-length") != plain.headers["content-length"] == str(len(LARGE))


@pytest.mark.parametrize("within", ["", "assets/", "api/", "api/v1/"])
def test_no_address_leads_out_of_the_app(pages, within):
    for path in (
        *(
            "..%2fsecret.txt",
            "..%2f..%2fsecret.txt",
            "%2e%2e/%2e%2e/secret.txt",
            "..%5csecret.txt",
            "..%252fsecret.txt",
        ),
        *("%2fetc%2fpasswd", "%00", "app.js%00.png", "x" * 300, "x/" * 3_000, "%ff", "%ED%A0%80", ".", "con", "~"),
    ):
        answer = pages.get(f"/{within}{path}")
        assert answer.status_code in (200, 401, 404) and "secret" not in answer.text and "root:" not in answer.text
        assert answer.status_code != 200 or answer.text == "the page", path


@pytest.mark.parametrize(
    "sent",
    [
        b"GET /" + b"a" * 200_000 + b" HTTP/1.1\r\nhost: x\r\n\r\n",
        b"GET /api/v1/health?" + b"a" * 200_000 + b" HTTP/1.1\r\nhost: x\r\n\r\n",
        b"GET / HTTP/1.1\r\nhost: x\r\nx: " + b"a" * 200_000 + b"\r\n\r\n",
        b"GET / HTTP/1.1\r\n" + b"x: y\r\n" * 50_000 + b"\r\n",
        b"GET /\x00 HTTP/1.1\r\nhost: x\r\n\r\n",
        b"POST /api/v1/session HTTP/1.1\r\nhost: x\r\ncontent-length: -1\r\n\r\n{}",
        b"POST /api/v1/session HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n{}",
        b"\x16\x03\x01\x02\x00\x01\x00" + b"\x00" * 500,
    ],
    ids=["path", "query", "header", "headers", "null", "length", "smuggled", "tls"],
)
def test_what_is_no_request_is_refused_and_the_next_one_answered(sent):
    with served(service(build("1", lambda: ""))) as host:
        name, _, port = host.partition(":")
        with sockets.create_connection((name, int(port)), 10) as opened:
            try:
                opened.sendall(sent)
                answer = opened.recv(100)
            except ConnectionError:
                answer = b""  # it had heard enough
        assert not answer or answer.startswith(b"HTTP/1.1 4"), answer
        with sockets.create_connection((name, int(port)), 10) as opened:
            opened.sendall(b"GET /api/v1/health HTTP/1.1\r\nhost: x\r\n\r\n")
            assert opened.recv(100).startswith(b"HTTP/1.1 200")
