"""Clients of the live sockets who flood, stall, show a key that ends, or are no clients: the others notice nothing."""

import asyncio
import json
from contextlib import suppress
from threading import Event

import pytest
from anyio import CapacityLimiter
from starlette.websockets import WebSocketDisconnect
from tests.service.live.conftest import Looker
from tests.service.live.test_browser import until
from tests.service.live.test_live import closed, told
from tests.support.service import program, socket
from tests.support.serving import client, served
from websockets.exceptions import ConnectionClosed

from mien.service.live import routes, sockets

MEGABYTE = 1 << 20


def test_a_flood_of_frames_waits_on_its_way(stage, monkeypatch):
    """While one frame is read no others lie about but what is on the line."""
    look, may_go_on = Looker.look, Event()
    monkeypatch.setattr(Looker, "look", lambda *asked: may_go_on.wait(20) and look(*asked))

    async def flood(host: str) -> int:
        """How many frames of a megabyte are got rid of."""
        async with client(host, "/browser", max_size=None) as opened:
            assert json.loads(await opened.recv())["type"] == "ready"
            sent = 0
            with suppress(TimeoutError):
                while sent < 100:
                    await asyncio.wait_for(opened.send(b"f" * (MEGABYTE - 1)), 0.5)
                    sent += 1
            opened.transport.abort()
        return sent

    with served(stage.app) as host:
        try:
            assert asyncio.run(flood(host)) < 50
        finally:
            may_go_on.set()
        until(lambda: stage.lookers.closed == len(stage.lookers.opened))


def test_frames_of_browsers_leave_half_of_the_cores(stage, monkeypatch):
    look, may_go_on, looking, limiters = Looker.look, Event(), [], []

    def slowly(*asked):
        looking.append(1)
        may_go_on.wait(20)
        return look(*asked)

    def limiter(most: float) -> CapacityLimiter:
        limiters.append(CapacityLimiter(most))
        return limiters[-1]

    monkeypatch.setattr(Looker, "look", slowly)
    monkeypatch.setattr(routes, "CapacityLimiter", limiter)
    app = type(stage)(stage.previews, stage.hub, cores=4).app

    async def talk(host: str) -> None:
        async with (
            client(host, "/browser", "viewer") as one,
            client(host, "/browser", "operator") as two,
            client(host, "/browser", "admin") as three,
        ):
            for opened in (one, two, three):
                await opened.recv()
                await opened.send(b"frame")
            async with asyncio.timeout(20):
                while not (len(looking) == 2 and limiters[0].statistics().tasks_waiting == 1):
                    await asyncio.sleep(0.01)
            told = len(looking)
            may_go_on.set()
            for opened in (one, two, three):
                assert json.loads(await opened.recv())["type"] == "ack"
            assert told == 2

    with served(app) as host:
        asyncio.run(talk(host))


@pytest.mark.parametrize("path", ["/live", "/browser"])
def test_a_message_that_is_too_large_is_not_read(stage, path):
    async def talk(host: str) -> None:
        async with client(host, "/live") as other, client(host, path) as opened:
            await other.send(json.dumps({"type": "watch"}))
            with pytest.raises(ConnectionClosed) as refused:  # while it is on its way, or after
                await opened.send(b"f" * 3 * MEGABYTE if path == "/browser" else "x" * 3 * MEGABYTE)
                while True:
                    await opened.recv()
            assert refused.value.rcvd.code == 1009
            stage.see()
            while json.loads(await other.recv())["type"] != "reading":
                pass

    with served(stage.app) as host:
        asyncio.run(talk(host))


def test_who_leaves_while_a_frame_is_read_leaves_nothing_open(stage):
    for _ in range(5):
        with socket(stage.app, "/browser", "operator") as opened:
            assert opened.receive_json()["type"] == "ready"
            opened.send_bytes(b"frame")
    until(lambda: stage.lookers.closed == len(stage.lookers.opened) == 5)


@pytest.mark.parametrize("path", ["/live", "/browser"])
def test_a_key_that_ends_ends_what_it_opened(stage, monkeypatch, path):
    monkeypatch.setattr(sockets, "_LOOK_S", 0.02)
    shows = program(stage.app, stage.known.key("operator", "read", "analyze"))
    with shows.websocket_connect(f"ws://mien.test/api/v1{path}") as opened:
        stage.known._keys.clear()
        assert closed(opened) == (4401, "log in again")
    with pytest.raises(WebSocketDisconnect), shows.websocket_connect(f"ws://mien.test/api/v1{path}"):
        pass


def test_a_client_who_says_nothing_hears_nothing_and_costs_nothing(stage):
    with socket(stage.app, "/live", "viewer") as silent, socket(stage.app, "/live", "viewer") as other:
        other.send_json({"type": "watch"})
        for _ in range(100):
            stage.see()
        assert told(other, "reading")["index"] >= 1
        assert stage.hub.listeners == 2
        silent.send_json({"type": "watch"})
        assert told(silent, "reading")["index"] == 100, "and only the newest then"
