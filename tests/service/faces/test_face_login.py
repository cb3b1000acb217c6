"""Over a socket: who makes the moves live and is known comes in, a still picture and a stranger do not."""

import cv2
import numpy as np
import pytest
from fastapi.testclient import TestClient
from starlette.websockets import WebSocketDisconnect
from tests.service.faces.conftest import enrol
from tests.support.faces import ALL
from tests.support.service import ORIGIN, browser, socket

from mien.domain.errors import StoreError
from mien.service.faces import talks
from mien.service.faces.login import FaceLogin


def test_who_makes_the_moves_comes_in_once(door, acted):
    """All of it is one frame, warped over its mesh: what makes the moves as they are asked for is taken for alive."""
    result = door.show("/session/face", acted)
    assert result["passed"] and result["ticket"]
    entered = door.claim(result["ticket"])
    assert entered.status_code == 200 and entered.json()["name"] == "Ana"
    assert "httponly" in entered.headers["set-cookie"].lower()
    assert door.claim(result["ticket"]).status_code == 401, "a ticket holds once"
    assert ("account.entered", {"account": 1, "how": "face"}) in door.audited()


def test_a_ticket_holds_for_half_a_minute(door, acted):
    ticket = door.show("/session/face", acted)["ticket"]
    door.clock.passed_s += 31
    assert door.claim(ticket).status_code == 401 and door.claim("invented").status_code == 401


def test_a_still_picture_is_refused_and_that_is_on_record(door, calm):
    result = door.show("/session/face", [calm] * 40, pace_s=0.2)
    assert not result["passed"] and not result["ticket"] and "time is up" in result["detail"]
    assert ("account.refused", {"how": "face", "failures": 1}) in door.audited()


def test_a_picture_that_is_moved_and_tilted_is_refused(door, portrait):
    height, width = portrait.shape[:2]
    corners = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)

    def held(moment: int) -> bytes:
        tilt = max(0.0, np.sin(moment / 8)) * 0.3 * height if moment > 9 else 0.0
        moved = corners + np.array([[0, tilt], [-tilt, 0], [-tilt, 0], [0, -tilt]], np.float32)
        seen = cv2.warpPerspective(portrait, cv2.getPerspectiveTransform(corners, moved), (width, height))
        return cv2.imencode(".jpg", seen)[1].tobytes()

    assert not door.show("/session/face", [held(moment) for moment in range(50)], pace_s=0.15)["passed"]


@pytest.mark.parametrize("why", ["stranger", "account", "enabled"])
def test_strangers_and_those_who_may_not_are_told_the_same(open_door, acted, portrait, why):
    door = open_door(has_login=True)
    if why != "stranger":
        enrol(door, "Ana", portrait, allows_face=why != "account")
    if why == "enabled":
        door.stores.accounts.add_first("root", door.clock.now(), "hash")
        door.stores.accounts.change(1, is_enabled=False)
    result = door.show("/session/face", acted)
    assert not result["passed"] and result["detail"].startswith("you were not let in")
    assert [action for action, _ in door.audited()].count("account.refused") == 1


def test_what_is_asked_for_is_by_chance_and_other_moves_do_not_count(door, acted):
    door.chance.moves = ("right", "nod")
    assert "another move" in door.show("/session/face", acted)["detail"]


def fails(door, times: int) -> int:
    """How many failures in a row of that address the log then tells of."""
    for _ in range(times):
        door.entrance.note_failure("a face at testclient", "testclient", "face")
    return door.audited()[-1][1]["failures"]


def test_who_gets_in_begins_anew(door, acted):
    assert fails(door, 4) == 4
    assert door.claim(door.show("/session/face", acted)["ticket"]).status_code == 200
    assert fails(door, 1) == 1


def test_who_passes_and_never_comes_in_is_on_record_and_forgiven_nothing(door, acted):
    assert fails(door, 3) == 3
    assert door.show("/session/face", acted)["passed"]
    assert door.audited()[-1] == ("account.passed", {"account": 1, "how": "face"})
    assert fails(door, 1) == 4


@pytest.mark.parametrize("changed", ["allows_face", "is_enabled", "person_id"])
def test_a_ticket_is_void_once_the_account_does_not_open_by_that_face(door, acted, changed):
    ticket = door.show("/session/face", acted)["ticket"]
    another = door.stores.people.add_person("Ben", [], door.clock.now(), ALL).person_id
    if changed == "is_enabled":
        door.stores.accounts.add_first("root", door.clock.now(), "hash")
    door.stores.accounts.change(1, **{changed: another if changed == "person_id" else False})
    assert door.claim(ticket).status_code == 401
    assert "account.entered" not in dict(door.audited())


def test_failures_make_the_next_one_wait(door):
    for _ in range(5):
        door.entrance.note_failure("a face at testclient", "testclient", "face")
    with socket(door.app, "/session/face", None) as opened, pytest.raises(WebSocketDisconnect) as closed:
        opened.receive_json()
    assert "too many failures" in closed.value.reason
    assert door.audited()[-1] == ("account.unjudged", {"how": "face", "why": "waiting", "attempts": 1})


def test_who_leaves_before_the_first_move_is_on_record_and_fills_no_log(door, calm):
    def unjudged() -> list[dict]:
        return [facts for action, facts in door.audited() if action == "account.unjudged"]

    for _ in range(4):
        assert door.show("/session/face", [calm] * 2)["phase"] == "settle"
    assert unjudged() == [{"how": "face", "why": "left", "attempts": 1}]
    door.clock.passed_s += 600
    assert door.show("/session/face", [calm] * 2)["phase"] == "settle"
    assert unjudged()[1:] == [{"how": "face", "why": "left", "attempts": 4}], "none of them is left out"
    with browser(door.app, None):
        assert door.show("/session/face", [calm] * 2)["phase"] == "settle"
    assert unjudged()[2:] == [{"how": "face", "why": "left", "attempts": 1}], "nor those before the service ends"


def test_who_leaves_once_moves_were_asked_for_has_failed(door, calm):
    told = door.show("/session/face", [calm] * 12)
    assert told["phase"] == "move"
    assert [action for action, _ in door.audited()].count("account.refused") == 1
    assert door.show("/session/face", [calm] * 2)["phase"] == "settle"
    assert [action for action, _ in door.audited()].count("account.refused") == 1
    assert [action for action, _ in door.audited()].count("account.unjudged") == 1


def test_who_keeps_the_place_without_getting_to_a_move_has_failed(door, calm):
    told = door.show("/session/face", [calm] * 2, pace_s=5.5)
    assert told["phase"] == "settle"
    assert ("account.refused", {"how": "face", "failures": 1}) in door.audited()


def test_once_moves_are_asked_for_there_is_time_for_these_alone(door, calm, monkeypatch):
    monkeypatch.setattr(talks, "_MOVES_S", 0.0)
    with pytest.raises(WebSocketDisconnect) as closed:
        door.show("/session/face", [calm] * 20)
    assert closed.value.code == 1008
    assert ("account.refused", {"how": "face", "failures": 1}) in door.audited()


@pytest.mark.parametrize("sent", ["text", b"x" * 500_000], ids=["text", "too large"])
def test_what_is_no_frame_closes_the_socket(door, sent):
    with socket(door.app, "/session/face", None) as opened:
        opened.receive_json()
        opened.send_text(sent) if isinstance(sent, str) else opened.send_bytes(sent)
        with pytest.raises(WebSocketDisconnect):
            opened.receive_json()


def test_frames_that_cannot_be_read_are_told_and_end_it_in_the_end(door):
    with socket(door.app, "/session/face", None) as opened:
        opened.receive_json()
        for _ in range(19):
            opened.send_bytes(b"no picture")
            assert opened.receive_json()["type"] == "refused"
        opened.send_bytes(b"no picture")
        with pytest.raises(WebSocketDisconnect):
            opened.receive_json()


def test_two_at_a_time_from_an_address_and_only_from_pages_of_this_server(door):
    with socket(door.app, "/session/face", None) as opened, socket(door.app, "/session/face", None) as beside:
        assert opened.receive_json()["type"] == beside.receive_json()["type"] == "ready"
        with socket(door.app, "/session/face", None) as second, pytest.raises(WebSocketDisconnect) as closed:
            second.receive_json()
        assert closed.value.code == 1013
    assert ("account.unjudged", {"how": "face", "why": "full", "attempts": 1}) in door.audited()
    with pytest.raises(WebSocketDisconnect), socket(door.app, "/session/face", None, "http://elsewhere.test"):
        pass
    assert ORIGIN


def test_two_at_a_time_from_all_addresses_of_a_network(door):
    def opened(last: int):
        client = TestClient(door.app, base_url=ORIGIN, client=(f"2001:db8::{last}", 1))
        return client.websocket_connect(
            f"{ORIGIN.replace('http', 'ws')}/api/v1/session/face", headers={"origin": ORIGIN}
        )

    with opened(1) as first, opened(2) as second, opened(3) as third, pytest.raises(WebSocketDisconnect) as closed:
        assert first.receive_json()["type"] == second.receive_json()["type"] == "ready"
        third.receive_json()
    assert closed.value.code == 1013


def test_what_is_wrong_with_the_machine_is_not_for_strangers(door, monkeypatch, caplog):
    def fails(*_) -> None:
        raise StoreError("/home/somebody/mien.sqlite cannot be read")

    monkeypatch.setattr(FaceLogin, "begin", fails)
    with socket(door.app, "/session/face", None) as opened, pytest.raises(WebSocketDisconnect) as closed:
        opened.receive_json()
    assert closed.value.code == 1013 and "this has to wait" in closed.value.reason
    assert "somebody" not in closed.value.reason and "/home/somebody/mien.sqlite" in caplog.text


def test_where_it_is_switched_off_nobody_comes_in_by_a_face(open_door):
    door = open_door()
    with socket(door.app, "/session/face", None) as opened, pytest.raises(WebSocketDisconnect) as closed:
        opened.receive_json()
    assert "switched off" in closed.value.reason
    assert browser(door.app, None).get("/api/v1/signup").json()["mode"] == "off"
