"""What changes something is done before the service ends, and nothing more of the kind begins meanwhile."""

import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event, Thread

import httpx2
import pytest
from fastapi import Body
from tests.service.live.test_browser import until
from tests.support.service import CSRF, Known, service

from mien.service import app as application
from mien.service.access import table
from mien.service.access.gate import COOKIE, CSRF_HEADER
from mien.service.access.table import ACCESS, LOOK, OPEN, ORDER
from mien.service.area import area
from mien.service.frame.finishing import LONGEST_S, Changes, changes_of
from mien.service.frame.server import address, listening, serve
from mien.service.settings import ServiceSettings


@pytest.fixture
def released() -> Iterator[Event]:
    event = Event()
    yield event
    event.set()


@pytest.fixture
def app(monkeypatch, released: Event):
    rules = {("GET", "/things"): LOOK, ("POST", "/things"): ORDER, ("POST", "/door"): OPEN}
    for module in (table, application):
        monkeypatch.setattr(module, "ACCESS", {**ACCESS, **rules})
    router = area("things")

    @router.get("/things")
    def things() -> int:
        return 1

    @router.post("/things")
    def change() -> bool:
        return released.wait(20)

    @router.post("/door")
    def enter(said: str = Body()) -> bool:
        return released.wait(20)

    return service(router, credentials=Known())


@contextmanager
def served(app, is_over: Callable[[], bool]) -> Iterator[tuple[httpx2.Client, Thread]]:
    """A client of a server in a thread, which ends when it is over."""
    settings = ServiceSettings(port=0)
    with listening(settings) as opened:
        thread = Thread(target=serve, args=(app, settings, opened.dup(), is_over), daemon=True)
        thread.start()
        with httpx2.Client(
            base_url=f"{address(settings, opened)}/api/v1/", cookies={COOKIE: "admin"}, headers={CSRF_HEADER: CSRF}
        ) as client:
            yield client, thread


def test_a_change_is_waited_for_while_others_are_answered_and_none_begins(app, released) -> None:
    ending, changes, told, answers = Event(), changes_of(app), [], []
    clock_s = iter(range(1000))

    def is_over() -> bool:
        return ending.is_set() and changes.may_end(next(clock_s) / 100, told.append)

    with served(app, is_over) as (client, thread):
        assert client.get("things").status_code == 200 and changes.under_way == 0
        changing = Thread(target=lambda: answers.append(client.post("things", timeout=30)))
        changing.start()
        while not changes.under_way:
            assert changing.is_alive()
        ending.set()
        while not changes.is_ending:
            assert thread.is_alive()
        assert client.get("things").status_code == 200
        refused = client.post("things")
        assert (refused.status_code, refused.headers["retry-after"]) == (503, "5")
        assert refused.json()["detail"].startswith("mien is ending, or beginning anew")
        released.set()
        changing.join(20)
        thread.join(20)
    assert answers[0].json() is True and not thread.is_alive() and told == []


HEAD = b"POST /api/v1/door HTTP/1.1\r\nhost: mien.test\r\ncontent-type: application/json\r\ncontent-length: 3\r\n\r\n"


@pytest.mark.parametrize("sent", [b"", b'"a'], ids=["nothing", "a part"])
def test_a_request_that_is_not_whole_holds_up_nothing(app, sent) -> None:
    ending, changes, told = Event(), changes_of(app), []

    def is_over() -> bool:
        return ending.is_set() and changes.may_end(0, told.append)

    with served(app, is_over) as (client, thread):
        where = client.base_url.host, client.base_url.port
        with socket.create_connection(where, 20) as stalled:
            stalled.sendall(HEAD + sent)
            until(lambda: changes._unfinished)
            assert changes.under_way == 0
            ending.set()
            answer = stalled.recv(4096)
            assert answer.startswith(b"HTTP/1.1 503") and b"retry-after: 5" in answer
        thread.join(20)
    assert not thread.is_alive() and told == []


def test_from_when_a_request_is_whole_it_is_waited_for(app, released) -> None:
    ending, changes = Event(), changes_of(app)

    def is_over() -> bool:
        return ending.is_set() and changes.may_end(0, print)

    with served(app, is_over) as (client, thread):
        with socket.create_connection((client.base_url.host, client.base_url.port), 20) as whole:
            whole.sendall(HEAD + b'"')
            until(lambda: changes._unfinished)
            whole.sendall(b'a"')
            until(lambda: changes.under_way == 1)
            ending.set()
            until(lambda: changes.is_ending)
            assert thread.is_alive()
            released.set()
            assert whole.recv(4096).startswith(b"HTTP/1.1 200")
        thread.join(20)


def test_nobody_is_waited_for_longer_than_a_minute_and_that_is_told() -> None:
    changes, told = Changes(under_way=2), []
    assert not changes.may_end(10, told.append) and told == []
    assert not changes.may_end(11, told.append) and not changes.may_end(12, told.append)
    assert told == ["2 changes under way: waiting up to 60 s until done"]
    assert changes.may_end(10 + LONGEST_S, told.append)
    assert told[1:] == ["2 changes took longer than 60 s and may be left half done"]


def test_where_nothing_changes_it_ends_at_once() -> None:
    changes, told = Changes(), []
    assert changes.may_end(0, told.append) and changes.is_ending and told == []
