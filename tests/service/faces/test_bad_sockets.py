"""Whoever stalls, floods, leaves midway or sends something else before a camera: the place is free again."""

import json
from time import monotonic

import pytest
from starlette.websockets import WebSocketDisconnect
from tests.service.faces.conftest import Door
from tests.service.faces.test_signup import begun
from tests.support.service import service, socket

from mien.service.faces import frames, routes
from mien.wiring.serving.faces import FaceOptions, build_faces


@pytest.fixture
def door(open_door) -> Door:
    """Nobody is known yet, and everybody may sign up."""
    return open_door(signup="open", has_login=True)


def closed(opened) -> tuple[int, str]:
    """How the server closed a socket."""
    with pytest.raises(WebSocketDisconnect) as told:
        while True:
            opened.receive_json()
    return told.value.code, told.value.reason


def is_free(door: Door) -> bool:
    """Whether somebody else of that address is let in."""
    with socket(door.app, "/session/face", None) as opened:
        return opened.receive_json()["type"] == "ready"


@pytest.mark.parametrize("seen", [0, 1])
def test_who_stalls_gives_up_the_place(door, calm, monkeypatch, seen):
    monkeypatch.setattr(frames, "_IDLE_S", 0.05)
    with socket(door.app, "/session/face", None) as opened:
        assert opened.receive_json()["type"] == "ready"
        for _ in range(seen):
            opened.send_bytes(calm)
        assert closed(opened) == (1008, "no frame came for too long")
    assert is_free(door)


def test_who_never_shows_a_ticket_gives_up_the_place(door, monkeypatch):
    monkeypatch.setattr(frames, "_IDLE_S", 0.05)
    with socket(door.app, "/signup/camera", None) as opened:
        assert closed(opened)[0] == 1008
    assert is_free(door)


def test_who_keeps_on_sending_is_sent_away_in_the_end(door, calm, monkeypatch):
    monkeypatch.setattr(routes, "SETTLE_S", 0.3)
    with socket(door.app, "/session/face", None) as opened, pytest.raises(WebSocketDisconnect):
        while True:
            opened.receive_json()
            opened.send_bytes(calm)
    assert is_free(door)


def test_who_floods_is_answered_at_the_pace_that_was_told(door, calm):
    options = FaceOptions(has_login=True, frames_per_s=20.0)
    area = build_faces(door.stores, lambda: door.assembly, door.entrance, door.clock, options)
    with socket(service(area), "/session/face", None) as opened:
        assert opened.receive_json()["most_frames_per_s"] == 20
        began_s = monotonic()
        for _ in range(12):
            opened.send_bytes(b"no picture")
        assert [opened.receive_json()["type"] for _ in range(12)] == ["refused"] * 12
        assert monotonic() - began_s > 0.5


@pytest.mark.parametrize("first", [b"\xff\xd8", b""], ids=["bytes", "nothing"])
def test_a_sign_up_begins_with_text(door, first):
    with socket(door.app, "/signup/camera", None) as opened:
        opened.send_bytes(first)
        assert closed(opened)[0] == 1003
    assert is_free(door)


@pytest.mark.parametrize(
    "said", ["[" * 900, '{"type": "begin"}', '{"type": "begin", "ticket": "\\ud800"}', "\0", "NaN"]
)
def test_what_is_no_ticket_opens_no_camera(door, said):
    with socket(door.app, "/signup/camera", None) as opened:
        opened.send_text(said)
        assert closed(opened)[0] in (1003, 1008)


def test_who_leaves_midway_is_not_kept_and_their_ticket_is_spent(door, acted):
    ticket = begun(door)
    with socket(door.app, "/signup/camera", None) as opened:
        opened.send_text(ticket)
        assert opened.receive_json()["type"] == "ready"
        opened.send_bytes(acted[0])  # and leaves without waiting for what is said of it
    assert is_free(door)
    assert ("account.unjudged", {"how": "signup", "why": "left", "attempts": 1}) in door.audited()
    with socket(door.app, "/signup/camera", None) as opened:
        opened.send_text(ticket)
        assert closed(opened) == (1008, "this ticket does not hold (any more)")
    assert not door.stores.people.people(everybody=True) and not door.stores.accounts.accounts()


def test_a_sign_up_takes_no_text_for_a_frame(door):
    with socket(door.app, "/signup/camera", None) as opened:
        opened.send_text(begun(door))
        assert opened.receive_json()["type"] == "ready"
        opened.send_text(json.dumps({"type": "frame"}))
        assert closed(opened) == (1003, "this socket takes frames as binary JPEG")
    assert is_free(door)
