"""A browser's own camera: acknowledged, bounded, and refused where it is none."""

import asyncio
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from time import monotonic, sleep
from types import SimpleNamespace

import pytest
from anyio import CapacityLimiter
from starlette.websockets import WebSocketDisconnect
from tests.service.live.conftest import Looker, Lookers
from tests.support.service import socket

from mien.service.live import browser
from mien.service.live.browser import BrowserTalk


def until(is_so) -> None:
    """Wait for what is done in another thread."""
    deadline_s = monotonic() + 5
    while not is_so():
        assert monotonic() < deadline_s
        sleep(0.005)


def test_each_frame_is_acknowledged_with_what_is_read_of_it(stage):
    with socket(stage.app, "/browser", "operator") as opened:
        ready = opened.receive_json()
        assert ready == {
            "type": "ready",
            "camera": "browser of account 2",
            "most_bytes": 1 << 20,
            "most_megapixels": 2.1,
            "most_frames_per_s": 15.0,
        }
        for frame in range(3):
            opened.send_bytes(b"frame")
            ack = opened.receive_json()
            assert (ack["type"], ack["frame"], ack["refused"], ack["reading"]["index"]) == ("ack", frame, "", frame)
        opened.send_bytes(b"garbage")
        ack = opened.receive_json()
        assert ack["frame"] == 3 and ack["reading"] is None and "of no known kind" in ack["refused"]
        opened.send_bytes(b"frame")
        assert opened.receive_json()["reading"]["index"] == 3
    assert stage.lookers.opened == (("browser of account 2", False),)
    until(lambda: stage.lookers.closed == 1)


def test_it_is_kept_where_that_is_asked_for(stage):
    with socket(stage.app, "/browser/kept", "operator") as opened:
        opened.receive_json()
    assert stage.lookers.opened == (("browser of account 2", True),)


class SlowLookers(Lookers):
    """Takes its time to close a camera."""

    @contextmanager
    def open(self, name: str, *, is_kept: bool) -> Iterator[Looker]:
        with super().open(name, is_kept=is_kept) as camera:
            yield camera
            sleep(0.2)


async def gone() -> dict[str, str]:
    return {"type": "websocket.disconnect"}


async def silent() -> dict[str, str]:
    return await asyncio.Future()


def talking(lookers: Lookers, receive) -> asyncio.Task[None]:
    """A browser's camera is served, whose messages are these."""
    told = SimpleNamespace(receive=receive, send_text=lambda _: asyncio.sleep(0))
    return asyncio.ensure_future(BrowserTalk(told, lookers, CapacityLimiter(1)).go_on("door", is_kept=False))


def test_a_camera_that_is_being_closed_is_waited_for_whoever_is_cancelled():
    lookers = SlowLookers()

    async def cancelled() -> None:
        talk = talking(lookers, gone)
        while not talk.done():
            await asyncio.sleep(0.01)
            talk.cancel()
        assert lookers.closed == 1

    asyncio.run(cancelled())


def test_a_camera_is_closed_where_the_loop_ends():
    lookers = Lookers()

    async def ended() -> None:
        talking(lookers, silent)
        await asyncio.sleep(0)

    asyncio.run(ended())
    assert lookers.opened and lookers.closed == 1


def test_viewers_show_what_is_not_kept_and_nothing_else(stage):
    with pytest.raises(WebSocketDisconnect), socket(stage.app, "/browser/kept", "viewer"):
        pass
    with socket(stage.app, "/browser", "viewer") as opened:
        opened.receive_json()
    assert stage.lookers.opened == (("browser of account 1", False),)


def test_two_cameras_of_one_account_have_two_names(stage):
    def name() -> str:
        return stack.enter_context(socket(stage.app, "/browser/kept", "operator")).receive_json()["camera"]

    with ExitStack() as stack:
        first = socket(stage.app, "/browser/kept", "operator")
        with first as opened:
            assert opened.receive_json()["camera"] == "browser of account 2"
            assert name() == "browser 2 of account 2", "what is kept of both is not mixed up"
        until(lambda: stage.lookers.closed == 1)
        assert name() == "browser of account 2", "a place that was given up is taken again"
    until(lambda: stage.lookers.closed == 3)


def closing(stage, *frames: bytes | str) -> tuple[int, str]:
    """How a socket is closed that is sent these."""
    with socket(stage.app, "/browser", "operator") as opened:
        for frame in frames:
            opened.send_text(frame) if isinstance(frame, str) else opened.send_bytes(frame)
        while (message := opened.receive())["type"] != "websocket.close":
            pass
    return message["code"], message["reason"]


def test_what_is_no_frame_closes_it(stage, monkeypatch):
    monkeypatch.setattr(browser, "MOST_FRAMES_PER_S", 1000.0)
    assert closing(stage, '{"type": "frame"}') == (1003, "this socket takes frames as binary JPEG")
    assert closing(stage, b"f" * ((1 << 20) + 1)) == (1009, "a frame has at most 1048576 bytes")
    assert closing(stage, *[b"garbage"] * 40) == (1008, "30 frames in a row could not be read")
    until(lambda: stage.lookers.closed == len(stage.lookers.opened) == 3)


def test_who_sends_nothing_gives_up_the_place(stage, monkeypatch):
    monkeypatch.setattr(browser, "_IDLE_S", 0.05)
    assert closing(stage)[0] == 1008


def test_while_models_are_loaded_it_is_told_to_come_back(stage):
    stage.lookers.is_ready = False
    assert closing(stage) == (1013, "this has to wait: models are being loaded")


def test_who_sends_too_fast_is_acknowledged_later(stage):
    with socket(stage.app, "/browser", "operator") as opened:
        opened.receive_json()
        began_s = monotonic()
        for _ in range(10):
            opened.send_bytes(b"frame")
        for _ in range(10):
            opened.receive_json()
        assert monotonic() - began_s > 0.5
