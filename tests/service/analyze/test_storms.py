"""Uploads that come all at once, stall, or leave: what is at work at a time is bounded, and the rest is told so."""

import asyncio
from collections.abc import Sequence
from threading import Event, Lock, Thread
from time import monotonic, sleep

import pytest
from tests.service.analyze.conftest import send
from tests.support.service import CSRF, browser, service

from mien.domain.readings import FrameReading
from mien.service.access.gate import COOKIE, CSRF_HEADER
from mien.service.analyze.routes import MOST_OWN, MOST_REQUESTS, build
from mien.service.frame import bounds


class Slow:
    """Reads pictures as soon as it may, and counts how many at once."""

    def __init__(self) -> None:
        self.may_go_on = Event()
        self.now = self.most = self.all = 0
        self._lock = Lock()

    def read(self, picture) -> FrameReading:
        with self._lock:
            self.now += 1
            self.all += 1
            self.most = max(self.most, self.now)
        self.may_go_on.wait(10)
        with self._lock:
            self.now -= 1
        return FrameReading(picture.name, 0, 0.0, 4, 3, 0.0, ())


def until(is_so) -> None:
    deadline_s = monotonic() + 10
    while not is_so():
        assert monotonic() < deadline_s
        sleep(0.005)


@pytest.fixture
def slow() -> Slow:
    return Slow()


def test_a_storm_is_told_to_come_back_and_half_of_the_cores_stay_free(slow):
    """All clients are of one event loop, as they are of one server."""
    app, answers = service(build(slow, 4)), []
    with browser(app, "operator") as one, browser(app, "admin") as other:
        other.portal = one.portal

        def ask(client) -> None:
            answers.append(send(client, *[("x.png", b"x")] * 3))

        storm = [Thread(target=ask, args=(client,)) for client in [one] * 8 + [other] * 8]
        for thread in storm:
            thread.start()
        until(lambda: len(answers) == len(storm) - MOST_REQUESTS)
        assert {answer.status_code for answer in answers} == {429}
        assert all(answer.headers["retry-after"] == "1" for answer in answers)
        slow.may_go_on.set()
        for thread in storm:
            thread.join(10)
        assert sorted(answer.status_code for answer in answers).count(200) == MOST_REQUESTS == 2 * MOST_OWN
        assert slow.most == 2, "of the pictures of all of them"
        assert send(one, ("x.png", b"x")).status_code == 200


def test_a_turn_is_given_back_whatever_comes_of_it(slow):
    slow.may_go_on.set()
    with browser(service(build(slow, 2)), "operator") as client:
        for _ in range(2 * MOST_REQUESTS):
            assert client.post("/api/v1/analyze", content=b"nonsense").status_code == 422
        assert send(client, ("x.png", b"x")).status_code == 200


FORM = b'--b\r\nContent-Disposition: form-data; name="pictures"; filename="x.png"\r\n\r\nx\r\n'


def asked(app, messages: Sequence[dict], then: dict | None) -> list[dict]:
    """What is answered to a request that comes in these messages; nothing, or ``then``, comes after."""
    headers = {"cookie": f"{COOKIE}=operator", CSRF_HEADER: CSRF, "content-type": "multipart/form-data; boundary=b"}
    scope = {
        "type": "http",
        "method": "POST",
        "path": "/api/v1/analyze",
        "raw_path": b"/api/v1/analyze",
        "query_string": b"",
        "root_path": "",
        "scheme": "http",
        "server": ("mien.test", 80),
        "client": ("127.0.0.1", 1),
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
    }
    coming, sent = [*messages], []

    async def receive() -> dict:
        if coming:
            return coming.pop(0)
        if then is None:
            await asyncio.sleep(60)
        assert then is not None
        return then

    async def send(message) -> None:
        sent.append(message)

    async def call() -> None:
        async with asyncio.timeout(20):
            await app(scope, receive, send)

    asyncio.run(call())
    return sent


def test_whoever_stalls_in_the_middle_is_answered_and_lets_others_in(slow, monkeypatch):
    monkeypatch.setattr(bounds, "STALLED_S", 0.05)
    app = service(build(slow, 2))
    for _ in range(2 * MOST_REQUESTS):
        begin, *_ = asked(app, [{"type": "http.request", "body": FORM, "more_body": True}], None)
        assert begin["status"] == 408
    assert not slow.all


def test_pictures_of_whoever_has_left_are_not_looked_at(slow):
    slow.may_go_on.set()
    whole = [{"type": "http.request", "body": FORM * 9 + b"--b--\r\n", "more_body": False}]
    asked(service(build(slow, 2)), whole, {"type": "http.disconnect"})
    assert slow.all == 0
    asked(service(build(slow, 2)), whole, None)
    assert slow.all == 9
