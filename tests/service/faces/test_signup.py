"""Signing up before a camera: who may, what is kept, and that nobody learns who is there already."""

import json

import pytest
from starlette.websockets import WebSocketDisconnect
from tests.service.faces.conftest import Door, enrol
from tests.support.service import browser, socket

from mien.engine.serving.passing import PassingCamera
from mien.service.settings import ServiceSettings
from mien.wiring.assembly import camera_settings
from mien.wiring.serving.faces import CONSENT, FaceOptions


def begin(door: Door, name: str = "Bea", **changed: object):
    terms = browser(door.app, None).get("/api/v1/signup").json()
    asked = {
        "name": name,
        "password": "a long password",
        "agrees_to": ["identify", "keep"],
        "consent_version": terms["consent_version"],
    }
    return browser(door.app, None).post("/api/v1/signup", json={**asked, **changed})


def begun(door: Door, name: str = "Bea") -> str:
    return json.dumps({"type": "begin", "ticket": begin(door, name).json()["ticket"]})


def test_who_signs_up_is_logged_in_at_once_and_comes_in_by_face_from_then_on(open_door, sitting, acted):
    door = open_door(signup="open", has_login=True)
    result = door.show("/signup/camera", sitting, begun(door), pace_s=0.4)
    assert result["type"] == "result" and result["passed"], result
    entered = door.claim(result["ticket"])
    assert (entered.status_code, entered.json()["name"], entered.json()["role"]) == (200, "Bea", "viewer")
    person = door.stores.people.named("Bea")
    assert person is not None and person.person_id == entered.json()["person_id"]
    (agreed, kept) = sorted(door.stores.consents.of(person.person_id), key=lambda one: one.scope)
    assert (agreed.scope, kept.scope) == ("identify", "keep") and agreed.evidence == "signed up in the web app"
    assert ("account.entered", {"account": 1, "how": "signup"}) in door.audited()
    again = door.show("/session/face", acted)
    assert door.claim(again["ticket"]).json()["name"] == "Bea"


def test_whoever_signed_up_is_named_by_the_cameras_that_run_already(open_door, sitting, calm):
    door = open_door(signup="open")
    pipeline = door.assembly.pipelines.build_passing(camera_settings(door.assembly.settings, "hall"))
    camera = PassingCamera("hall", pipeline, door.clock)
    assert {face.identity for face in camera.look(calm).faces} <= {"undecided", "unknown"}
    assert door.show("/signup/camera", sitting, begun(door), pace_s=0.4)["passed"]
    door.clock.passed_s += 1  # as long as other processes' changes take at most
    for _ in range(10):
        door.clock.passed_s += 0.5
        (face,) = camera.look(calm).faces
    assert (face.identity, face.person_name) == ("known", "Bea")


@pytest.mark.parametrize("taken", ["name", "face"])
def test_nobody_learns_who_is_there_already(open_door, portrait, sitting, taken):
    door = open_door(signup="open")
    enrol(door, "Ana", portrait)
    result = door.show("/signup/camera", sitting[:30], begun(door, "Ana" if taken == "name" else "Bea"))
    assert not result["passed"] and result["detail"].startswith("you cannot be signed up like this")
    assert [one.name for one in door.stores.accounts.accounts()] == ["Ana"]


def test_a_still_picture_signs_nobody_up(open_door, calm):
    door = open_door(signup="open")
    result = door.show("/signup/camera", [calm] * 40, begun(door), pace_s=0.2)
    assert not result["passed"] and not door.stores.accounts.accounts()
    assert ("account.refused", {"how": "signup", "failures": 1}) in door.audited()


def test_who_may_sign_up_is_a_setting(open_door):
    assert begin(open_door()).status_code == 403
    door = open_door(signup="invitation")
    assert begin(door).status_code == 403
    asked = {"name": "Bea", "days": 2}
    assert browser(door.app, "operator").post("/api/v1/invitations", json=asked).status_code == 403
    made = browser(door.app, "admin").post("/api/v1/invitations", json=asked).json()
    assert begin(door, "Cid", invitation=made["invitation"]).status_code == 403
    assert begin(door, "bea", invitation=made["invitation"]).status_code == 202
    door.clock.passed_s += 3 * 86_400
    assert begin(door, "Bea", invitation=made["invitation"]).status_code == 403
    for forged in (
        "",
        ".",
        "9" * 30 + ".x",
        made["invitation"].replace(made["invitation"][:3], "999"),
        "²." + "0" * 64,
    ):
        assert begin(door, "Bea", invitation=forged).status_code == 403


@pytest.mark.parametrize(
    "wrong",
    [
        {"password": "short"},
        {"agrees_to": ["keep"]},
        {"agrees_to": ["everything"]},
        {"consent_version": "old"},
        {"name": "person-0001"},
        {"name": "\u200b"},
        {"role": "admin"},
    ],
    ids=str,
)
def test_what_was_typed_wrong_is_told_before_the_camera(open_door, wrong):
    answer = begin(open_door(signup="open"), **wrong)
    assert 400 <= answer.status_code < 500 and answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("first", ["{}", '{"type": "begin", "ticket": "invented"}', "x" * 2_000])
def test_the_camera_asks_for_the_ticket(open_door, first):
    door = open_door(signup="open")
    with socket(door.app, "/signup/camera", None) as opened, pytest.raises(WebSocketDisconnect):
        opened.send_text(first)
        opened.receive_json()


@pytest.mark.parametrize("has_login", [True, False])
def test_whoever_comes_is_told_what_works_here(open_door, has_login):
    told = browser(open_door(signup="invitation", has_login=has_login).app, None).get("/api/v1/signup").json()
    assert (told["mode"], told["face_login"], told["consent_text"]) == ("invitation", has_login, CONSENT)
    assert told["scopes"] == ["identify", "expression", "keep"]


def test_settings_say_who_signs_up_and_what_they_agree_to():
    usual, own = (
        FaceOptions.of(ServiceSettings()),
        FaceOptions.of(ServiceSettings(consent_text="  Yes.\n", sign_up="off")),
    )
    assert (usual.has_login, usual.signup, usual.consent.text) == (True, "invitation", CONSENT)
    assert (own.signup, own.consent.text) == ("off", "Yes.") and own.consent.version != usual.consent.version
