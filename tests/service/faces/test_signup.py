"""Signing up before a camera: who may, what is kept, and that nobody learns who is there already."""

import json

import pytest
from starlette.websockets import WebSocketDisconnect
from tests.service.faces.conftest import Door, enrol
from tests.support.faces import ALL
from tests.support.service import browser, socket

from mien.domain.errors import AccountError
from mien.domain.people.consent import SIGN_UP_TEXT
from mien.engine.serving.passing import PassingCamera
from mien.service.faces import talks
from mien.service.faces.signup import SigningUp
from mien.service.frame.finishing import changes_of
from mien.service.live.sockets import TRY_LATER
from mien.service.settings import ServiceSettings
from mien.wiring.assembly import camera_settings
from mien.wiring.serving.faces import FaceOptions
from mien.wiring.stores import build_audit


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
    for _ in range(4):
        door.entrance.note_failure("a face at testclient", "testclient", "signup")
    result = door.show("/signup/camera", sitting, begun(door), pace_s=0.4)
    assert result["type"] == "result" and result["passed"], result
    entered = door.claim(result["ticket"])
    assert (entered.status_code, entered.json()["name"], entered.json()["role"]) == (200, "Bea", "viewer")
    person = door.stores.people.named("Bea")
    assert person is not None and person.person_id == entered.json()["person_id"]
    (agreed, kept) = sorted(door.stores.consents.of(person.person_id), key=lambda one: one.scope)
    assert (agreed.scope, kept.scope) == ("identify", "keep") and agreed.evidence == "signed up in the web app"
    assert agreed.text == kept.text == SIGN_UP_TEXT and agreed.version == FaceOptions().consent.version
    assert ("account.entered", {"account": 1, "how": "signup"}) in door.audited()
    actors = {one.action: one.actor for one in build_audit(door.stores, door.clock).entries()}
    assert actors.pop("account.refused") == "system" and actors.pop("account.made") == "visitor"
    assert {"person.enrolled", "consent.given", "account.changed"} <= actors.keys()
    assert set(actors.values()) == {"account:1"}, "whoever signs up is at work, and not who runs the machine"
    door.entrance.note_failure("a face at testclient", "testclient", "signup")
    assert door.audited()[-1] == ("account.refused", {"how": "signup", "failures": 1}), "former failures are forgiven"
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


def test_a_sign_up_that_is_concluded_is_waited_for(open_door, sitting, monkeypatch):
    door, concluded = open_door(signup="open"), []
    changes, conclude = changes_of(door.app), SigningUp.conclude

    def ending(one: SigningUp) -> str:
        assert changes.under_way == 1 and not changes.may_end(0, concluded.append)
        return conclude(one)

    monkeypatch.setattr(SigningUp, "conclude", ending)
    assert door.show("/signup/camera", sitting, begun(door), pace_s=0.4)["passed"]
    assert changes.may_end(1, concluded.append) and not concluded and door.stores.people.named("Bea")


def test_no_sign_up_is_concluded_while_the_service_ends(open_door, sitting):
    door = open_door(signup="open")
    ticket = begun(door)
    changes_of(door.app).may_end(0, print)
    with pytest.raises(WebSocketDisconnect) as closed:
        door.show("/signup/camera", sitting, ticket, pace_s=0.4)
    assert closed.value.code == TRY_LATER and closed.value.reason.startswith("mien is ending, or beginning anew")
    assert not door.stores.accounts.accounts() and not door.stores.people.people(everybody=True)


@pytest.mark.parametrize("taken", ["name", "face"])
def test_nobody_learns_who_is_there_already(open_door, portrait, sitting, taken):
    door = open_door(signup="open")
    enrol(door, "Ana", portrait)
    result = door.show("/signup/camera", sitting[:30], begun(door, "Ana" if taken == "name" else "Bea"))
    assert not result["passed"] and result["detail"].startswith("you cannot be signed up like this")
    assert [one.name for one in door.stores.accounts.accounts()] == ["Ana"]


def test_of_a_sign_up_that_fails_late_nothing_is_kept(open_door, sitting, monkeypatch):
    door = open_door(signup="open")
    stores = door.stores

    def fail(*_, **__) -> None:
        assert stores.people.named("Bea"), "it fails once the person is there"
        raise AccountError("no")

    monkeypatch.setattr(type(stores.accounts), "change", fail)
    result = door.show("/signup/camera", sitting, begun(door), pace_s=0.4)
    assert not result["passed"] and result["detail"].startswith("you cannot be signed up like this")
    assert not stores.accounts.accounts() and not stores.people.people(everybody=True)
    assert not [*stores.media.names()] and not [*stores.departures.all()]


def test_an_account_is_not_tied_to_somebody_who_was_enrolled_meanwhile(open_door, sitting, monkeypatch):
    door = open_door(signup="open")
    people, add = door.stores.people, type(door.stores.people).add_person

    def late(*args, **options):
        add(people, "Bea", [], door.clock.now(), ALL)
        return add(*args, **options)

    monkeypatch.setattr(type(people), "add_person", late)
    result = door.show("/signup/camera", sitting, begun(door), pace_s=0.4)
    assert not result["passed"] and result["detail"].startswith("you cannot be signed up like this")
    bea = people.named("Bea")
    assert bea and not people.pictures(bea.person_id) and not door.stores.accounts.accounts()


def test_who_comes_in_by_their_face_keeps_nobody_from_signing_up(open_door):
    door = open_door(signup="open", has_login=True)
    with socket(door.app, "/session/face", None) as one, socket(door.app, "/session/face", None) as two:
        assert one.receive_json()["type"] == two.receive_json()["type"] == "ready"
        with socket(door.app, "/signup/camera", None) as opened:
            opened.send_text(begun(door))
            assert opened.receive_json()["type"] == "ready"


def test_who_keeps_the_place_without_getting_to_a_move_has_failed(open_door, calm):
    door = open_door(signup="open")
    assert door.show("/signup/camera", [calm] * 2, begun(door), pace_s=5.5)["phase"] == "settle"
    assert ("account.refused", {"how": "signup", "failures": 1}) in door.audited()


def test_once_moves_are_asked_for_a_sign_up_has_time_for_all_of_it(open_door, calm, monkeypatch):
    door = open_door(signup="open")
    monkeypatch.setattr(talks, "_SIGN_UP_S", 0.0)
    with pytest.raises(WebSocketDisconnect) as closed:
        door.show("/signup/camera", [calm] * 20, begun(door))
    assert closed.value.code == 1008


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
    assert (told["mode"], told["face_login"], told["consent_text"]) == ("invitation", has_login, SIGN_UP_TEXT)
    assert told["scopes"] == ["identify", "expression", "keep"]


def test_settings_say_who_signs_up_and_what_they_agree_to():
    usual, own = (
        FaceOptions.of(ServiceSettings()),
        FaceOptions.of(ServiceSettings(consent_text="  Yes.\n", sign_up="off")),
    )
    assert (usual.has_login, usual.signup, usual.consent.text) == (True, "invitation", SIGN_UP_TEXT)
    assert (own.signup, own.consent.text) == ("off", "Yes.") and own.consent.version != usual.consent.version
