"""What clients of the live socket are told, and what becomes of those who do not keep to its words."""

import json
import struct
from contextlib import ExitStack

import pytest
from starlette.websockets import WebSocketDisconnect
from tests.support.service import browser, program, socket

from mien.engine.serving.news import EngineState
from mien.service.live import sockets
from mien.service.live.routes import MOST_OWN_BROWSERS, MOST_OWN_CLIENTS
from mien.service.live.schemas import PreviewHeader, ReadingMessage


def told(opened, kind: str) -> dict:
    """The next message of a kind; others are passed over."""
    while True:
        message = opened.receive()
        assert message["type"] == "websocket.send", message
        if message.get("text") is not None:
            found = json.loads(message["text"])
            if found["type"] == kind:
                return found
        elif kind == "preview":
            return {"bytes": message["bytes"]}


def closed(opened) -> tuple[int, str]:
    """How the server closed a socket."""
    while True:
        message = opened.receive()
        if message["type"] == "websocket.close":
            return message["code"], message.get("reason", "")


def test_a_client_hears_of_what_it_watches(stage):
    with socket(stage.app, "/live", "viewer") as opened:
        stage.status("door", "yard")
        stage.see("yard")
        opened.send_json({"type": "watch", "cameras": ["door"], "events": True})
        assert told(opened, "engine") == {"type": "engine", "phase": "preparing", "detail": ""}
        assert told(opened, "status")["name"] == "door"
        seen = stage.see("door")
        reading = told(opened, "reading")
        assert reading == json.loads(ReadingMessage.of(seen).model_dump_json()) and reading["camera"] == "door"
        stage.happen(1)
        event = told(opened, "event")
        assert (event["kind"], event["camera"], event["reason"], event["person_id"]) == (
            "camera_lost",
            "door",
            "gone",
            None,
        )
        stage.hub.tell_engine(EngineState("failed", "the disk is full", "the disk of /home/ada is full"))
        assert told(opened, "engine") == {"type": "engine", "phase": "failed", "detail": "the disk is full"}
    assert stage.hub.listeners == 0


def test_previews_bear_a_header_of_the_length_that_is_said(stage):
    with socket(stage.app, "/live", "viewer") as opened:
        opened.send_json({"type": "watch", "previews_per_s": 5})
        told(opened, "engine")
        seen = stage.see("door")
        message = told(opened, "preview")["bytes"]
        (length,) = struct.unpack(">I", message[:4])
        header = PreviewHeader.model_validate_json(message[4 : 4 + length])
        assert (header.camera, header.index, header.width, header.height) == ("door", seen.index, 160, 120)
        assert message[4 + length :].startswith(b"\xff\xd8\xff")


def test_whoever_comes_back_is_told_what_is_newest_at_once(stage):
    stage.status("door")
    for _ in range(9):
        seen = stage.see("door")
    for _ in range(2):
        with socket(stage.app, "/live") as opened:
            opened.send_json({"type": "watch"})
            assert told(opened, "status")["state"] == "online"
            assert told(opened, "reading")["index"] == seen.index


def test_whoever_wants_no_readings_is_told_the_rest(stage):
    stage.status("door")
    with socket(stage.app, "/live") as opened:
        opened.send_json({"type": "watch", "previews_per_s": 5, "readings": False})
        told(opened, "status")
        stage.see("door")
        kinds = []
        while "preview" not in kinds:
            message = opened.receive()
            kinds.append("preview" if message.get("bytes") else json.loads(message["text"])["type"])
        assert "reading" not in kinds


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("no json", 1008),
        ("[]", 1008),
        ("{}", 1008),
        ('{"type": "watch", "camera": "door"}', 1008),
        ('{"type": "watch", "previews_per_s": 1e9}', 1008),
        ('{"type": "watch", "previews_per_s": NaN}', 1008),
        ('{"type": "watch", "cameras": [1]}', 1008),
        (json.dumps({"type": "watch", "cameras": ["a"] * 5000}), 1008),
        (json.dumps({"type": "watch", "cameras": ["a" * 100_000]}), 1008),
        ("\0" * 70_000, 1008),
    ],
)
def test_who_sends_something_else_is_told_and_nobody_else_notices(stage, text, code):
    with socket(stage.app, "/live", "viewer") as other:
        other.send_json({"type": "watch"})
        with socket(stage.app, "/live", "viewer") as opened:
            opened.send_text(text)
            assert closed(opened)[0] == code
        seen = stage.see()
        assert told(other, "reading")["index"] == seen.index


def test_bytes_and_floods_are_not_taken(stage):
    with socket(stage.app, "/live", "viewer") as opened:
        opened.send_bytes(b"\xff\xd8")
        assert closed(opened) == (1003, "this socket takes messages in text")
    with socket(stage.app, "/live", "viewer") as opened:
        for _ in range(40):
            opened.send_json({"type": "watch", "cameras": []})
        code, reason = closed(opened)
        assert code == 1008 and "more than 5 a second" in reason


def test_who_logs_out_is_not_shown_on(stage, monkeypatch):
    monkeypatch.setattr(sockets, "_LOOK_S", 0.02)
    with socket(stage.app, "/live", "viewer") as opened:
        opened.send_json({"type": "watch"})
        told(opened, "engine")
        monkeypatch.setattr(stage.known, "of_session", lambda _: None)
        assert closed(opened) == (4401, "log in again")


def test_so_many_at_once_and_no_more(stage, monkeypatch):
    monkeypatch.setattr("mien.service.live.routes.MOST_CLIENTS", 2)
    app = type(stage)(stage.previews, stage.hub).app
    with socket(app, "/live"), socket(app, "/live"), socket(app, "/live") as third:
        assert closed(third) == (1013, "2 such sockets are open already")
    with socket(app, "/live") as again:
        again.send_json({"type": "watch"})
        told(again, "engine")


@pytest.mark.parametrize(("path", "most"), [("/live", MOST_OWN_CLIENTS), ("/browser", MOST_OWN_BROWSERS)])
def test_nobody_takes_the_places_of_all_others(stage, path, most):

    def begin(opened) -> str:
        if path == "/live":
            opened.send_json({"type": "watch"})
        return opened.receive_json()["type"]

    with ExitStack() as stack:
        for _ in range(most):
            stack.enter_context(socket(stage.app, path, "operator"))
        with socket(stage.app, path, "operator") as refused:
            assert closed(refused) == (1013, f"{most} such sockets of this account are open already: close one")
        other = stack.enter_context(socket(stage.app, path, "viewer"))
        assert begin(other) in ("ready", "engine")
    with socket(stage.app, path, "operator") as again:
        assert begin(again) in ("ready", "engine")


def test_programs_may_look_on(stage):
    client = program(stage.app, stage.known.key("viewer", "read"))
    with client.websocket_connect("ws://mien.test/api/v1/live") as opened:
        opened.send_json({"type": "watch"})
        told(opened, "engine")
    client = program(stage.app, stage.known.key("viewer", "people"))
    with pytest.raises(WebSocketDisconnect), client.websocket_connect("ws://mien.test/api/v1/live"):
        pass


def test_cameras_are_listed_page_by_page_and_shown(stage):
    client = browser(stage.app, "viewer")
    assert client.get("/api/v1/cameras").json() == {"items": [], "next": None}
    stage.status("yard", "door", "attic")
    page = client.get("/api/v1/cameras", params={"limit": 2}).json()
    assert [one["name"] for one in page["items"]] == ["attic", "door"] and page["next"] == "door"
    rest = client.get("/api/v1/cameras", params={"after": page["next"]}).json()
    assert [one["name"] for one in rest["items"]] == ["yard"] and rest["next"] is None
    assert client.get("/api/v1/cameras/door").json()["state"] == "online"
    assert client.get("/api/v1/cameras/door/preview").status_code == 404
    seen = stage.see("door")
    shown = client.get("/api/v1/cameras/door/preview")
    assert shown.headers["content-type"] == "image/jpeg" and shown.headers["x-frame-index"] == str(seen.index)
    assert shown.content.startswith(b"\xff\xd8\xff")
    for path in ("/cameras/cellar", "/cameras/cellar/preview"):
        assert client.get(f"/api/v1{path}").json()["detail"] == "there is no camera of that name"


def test_all_messages_stand_in_the_description(stage):
    schemas = browser(stage.app, None).get("/openapi.json").json()["components"]["schemas"]
    for name in ("Watch", "ReadingMessage", "FaceReading", "StatusMessage", "EventMessage", "MissedMessage"):
        assert name in schemas
    assert schemas["Watch"]["required"] == ["type"]
    assert {"EngineMessage", "PreviewHeader", "BrowserReady", "AckMessage", "Camera"} <= schemas.keys()
