"""Operators enrol before their browser's camera: whoever sits there is challenged, and the service judges the rest."""

import json
from contextlib import ExitStack

import cv2
import numpy as np
import pytest
from starlette.websockets import WebSocketDisconnect
from tests.service.faces.conftest import Door, enrol, jpeg
from tests.support.faces import ALL
from tests.support.service import socket

from mien.domain.errors import ModelUnavailable
from mien.domain.frame import Frame
from mien.domain.people.consent import NewConsent
from mien.gallery.challenge.doorkeeper import Doorkeeper
from mien.privacy.purpose import PrivacySettings
from mien.service.faces import routes, talks
from mien.service.faces.login import Eyesight
from mien.service.revisions import etag_of
from mien.settings import Settings
from mien.settings.tree import camera_settings
from mien.sources.pixels import ArrayPixels
from mien.wiring.people import build_curator
from mien.wiring.stores import build_audit

GIVEN = {"scopes": ["identify", "keep"], "version": "3a", "evidence": "form 17"}


def first(name: str | None = "Bea", **more: object) -> str:
    whom = {} if name is None else {"name": name}
    return json.dumps({"type": "begin", **whom, "consent": GIVEN, **more})


def shown(door: Door, frames: list[bytes], begin: str, pace_s: float = 0.4) -> dict:
    return door.show("/people/camera", frames, begin, pace_s=pace_s, role="operator")


def refused(door: Door, begin: str) -> dict:
    """What is said to a first message in place of that frames may come."""
    with socket(door.app, "/people/camera", "operator") as opened:
        opened.send_text(begin)
        return opened.receive_json()


def entries(door: Door, action: str) -> list[dict]:
    return [dict(one.facts) for one in build_audit(door.stores, door.clock).entries() if one.action == action]


def test_whoever_passes_the_challenge_is_enrolled_as_by_pictures(open_door, sitting):
    door = open_door()
    told = shown(door, sitting, first())
    assert told["type"] == "enrolment" and told["enrolled"], told
    enrolled = told["enrolled"]
    assert (enrolled["person_id"], enrolled["is_new"], enrolled["is_declared"]) == ("person-0001", True, False)
    assert enrolled["accepted"] >= 5 and enrolled["pictures"][0]["picture"] == "snapshot 1 (straight)"
    pictures = door.stores.people.pictures("person-0001")
    assert len(pictures) == enrolled["accepted"] and {one.origin for one in pictures} == {"browser camera"}
    record = door.stores.consents.of("person-0001")
    assert {(one.scope, one.version, one.evidence) for one in record} == {
        ("identify", "3a", "form 17"),
        ("keep", "3a", "form 17"),
    }
    (entry,) = entries(door, "person.enrolled")
    assert entry["presence"] == "challenged"
    assert {one.actor for one in build_audit(door.stores, door.clock).entries()} == {"account:2"}, "the operator's"
    assert "is enrolled already" in refused(door, first("bea"))["detail"]


def test_a_photograph_enrols_nobody(open_door, calm):
    door = open_door()
    told = shown(door, [calm] * 40, first(), pace_s=0.2)
    assert told["enrolled"] is None and told["detail"] == "the time is up: try again"
    assert not door.stores.people.people(everybody=True)


def test_who_moves_as_asked_and_does_not_look_live_is_not_enrolled(open_door, sitting, monkeypatch):
    door = open_door()
    monkeypatch.setattr(Doorkeeper, "is_live", lambda *_: False)
    told = shown(door, sitting, first())
    assert told["enrolled"] is None and "not seen live" in told["detail"]
    assert not door.stores.people.people(everybody=True)


def test_that_a_model_cannot_be_had_is_told_apart(open_door, monkeypatch):
    door = open_door()

    def lacking(*_):
        raise ModelUnavailable("the model cannot be fetched")

    monkeypatch.setattr(Eyesight, "challenge", lacking)
    told = refused(door, first())
    assert (told["enrolled"], told["detail"], told["lacks_model"]) == (None, "the model cannot be fetched", True)
    assert not refused(door, first(None, person_id="person-0404"))["lacks_model"]


def test_an_operator_may_vouch_which_the_audit_log_says(open_door, sitting, acted):
    door = open_door()
    sides = sitting[len(acted) :]
    enrolled = shown(door, sides, first(challenge=False))["enrolled"]
    assert enrolled["accepted"] >= 3
    (entry,) = entries(door, "person.enrolled")
    assert entry["presence"] == "vouched"


def test_the_stranger_as_whom_somebody_was_kept_becomes_them(open_door, sitting, acted, footage):
    door = open_door()
    people, own = door.stores.people, camera_settings(door.assembly.settings, "hall")
    with ExitStack() as stack:
        hall = door.assembly.pipelines.build_live("hall", own, stack)
        for number, picture in enumerate(footage[:30]):
            hall.process(Frame("hall", number, number / 25, number / 25, ArrayPixels(picture)))
        hall.finish()
    assert [one.person_id for one in people.people()] == ["unknown-0001"]
    enrolled = shown(door, sitting[len(acted) :], first(challenge=False))["enrolled"]
    assert enrolled["is_new"] and "unknown-0001 became Bea" in enrolled["pictures"][enrolled["accepted"] - 1]["reason"]
    (bea,) = people.people()
    assert bea.name == "Bea" and people.selves("unknown-0001") == (bea.person_id, "unknown-0001")
    assert enrolled["etag"] == etag_of(bea)
    build_curator(door.assembly.settings, door.stores, door.clock).undo()
    assert {one.person_id for one in people.people()} == {"unknown-0001", bea.person_id}


def test_more_pictures_go_to_whoever_is_told_and_to_nobody_else(open_door, sitting, acted, portrait):
    door = open_door()
    enrol(door, "Ana", portrait)
    sides = sitting[len(acted) :]
    other = shown(door, sides, first(challenge=False), pace_s=9.0)
    assert other["enrolled"] is None and "the face is that of 'Ana'" in other["detail"]
    assert "--overrule" not in other["detail"]
    more = shown(door, sides, first(None, person_id="person-0001", challenge=False))["enrolled"]
    assert (more["person_id"], more["is_new"]) == ("person-0001", False) and more["accepted"] >= 3
    (entry,) = entries(door, "picture.added")
    assert entry["presence"] == "vouched"


def meanwhile(door: Door, sides: list[bytes], begin: str, done, at: int = 3) -> dict:
    """The last word to whoever sits down while something is done to people behind the frame of a number."""
    with socket(door.app, "/people/camera", "operator") as opened:
        opened.send_text(begin)
        assert opened.receive_json()["type"] == "ready"
        for number, frame in enumerate(sides):
            if number == at:
                done()
            opened.send_bytes(frame)
            told = opened.receive_json()
            door.clock.passed_s += 0.4
            if told["type"] == "enrolment":
                return told
    raise AssertionError("it has no end")


MEANWHILE = {
    "forgotten": lambda door: door.stores.people.forget("person-0001"),
    "binned": lambda door: build_curator(Settings(), door.stores, door.clock).carry_out(
        build_curator(Settings(), door.stores, door.clock).remove(["person-0001"])
    ),
    "forgotten, and another one has the name": lambda door: (
        door.stores.people.forget("person-0001"),
        door.stores.people.add_person("Ana", [], door.clock.now(), ALL),
    ),
}


@pytest.mark.parametrize("what", MEANWHILE)
def test_a_sitting_is_of_whoever_it_began_with_or_of_nobody(open_door, sitting, acted, portrait, what):
    door = open_door()
    enrol(door, "Ana", portrait)
    begin = first(None, person_id="person-0001", challenge=False)
    told = meanwhile(door, sitting[len(acted) :], begin, lambda: MEANWHILE[what](door))
    assert told["enrolled"] is None and "person-0001 is not there any more" in told["detail"], told
    active = [one.person_id for one in door.stores.people.people() if one.standing == "active"]
    assert active == ([] if what in ("forgotten", "binned") else ["person-0002"])
    assert all(not door.stores.people.pictures(one) for one in active)


def test_whoever_got_the_name_meanwhile_gets_neither_pictures_nor_consent(open_door, sitting, acted):
    door = open_door()
    people, agreed = door.stores.people, NewConsent(frozenset({"identify"}), "1", "a form of hers")

    def come() -> None:
        people.add_person("bea", [], door.clock.now(), agreed)

    told = meanwhile(door, sitting[len(acted) :], first(challenge=False), come)
    assert told["enrolled"] is None and "is there already" in told["detail"], told
    (bea,) = people.people(everybody=True)
    assert not people.pictures(bea.person_id)
    assert [one.evidence for one in door.stores.consents.of(bea.person_id)] == ["a form of hers"]


def test_nobody_sits_down_for_whom_somebody_else_changed_since_they_were_seen(open_door, sitting, acted, portrait):
    door = open_door()
    enrol(door, "Ana", portrait)
    people, sides = door.stores.people, sitting[len(acted) :]

    def begin() -> str:
        return first(None, person_id="person-0001", challenge=False, seen={"person-0001": etag_of(people.named("Ana"))})

    old = begin()
    told = meanwhile(door, sides, old, lambda: door.stores.consents.give("person-0001", ALL, door.clock.now()))
    assert told["enrolled"] is None and "changed by somebody else" in told["detail"], told
    assert len(people.pictures("person-0001")) == 1
    assert "changed by somebody else" in refused(door, old)["detail"]
    enrolled = shown(door, sides, begin())["enrolled"]
    assert enrolled["accepted"] >= 3 and enrolled["etag"] == etag_of(people.named("Ana"))


def test_whom_an_operator_answers_for_is_declared(open_door, sitting, acted):
    declared = {"scopes": ["identify"], "version": "3a"}
    door = open_door()
    enrolled = shown(door, sitting[len(acted) :], first(consent=declared, challenge=False))["enrolled"]
    assert enrolled["is_declared"]
    (record,) = door.stores.consents.of(enrolled["person_id"])
    assert record.is_declared and record.version == "3a"


@pytest.mark.parametrize("consent", [None, {"scopes": ["identify"]}, {"scopes": ["identify"], "evidence": "  "}])
def test_at_work_nobody_sits_down_without_consent_that_is_given(open_door, consent):
    door = open_door(PrivacySettings("workplace"))
    told = refused(door, first(consent=consent))
    assert told["enrolled"] is None and "what proves it" in told["detail"]


@pytest.mark.parametrize(
    ("begin", "said"),
    [
        ("{}", "the first message"),
        ("no JSON", "the first message"),
        (first(None), "a name or a person_id"),
        (first("Bea", person_id="person-0001"), "a name or a person_id"),
        (first("Bea", hobby="chess"), "hobby"),
        (first("Bea", consent={"scopes": ["everything"]}), "scopes"),
        ("x" * 30_000, "short text"),
    ],
    ids=range(7),
)
def test_a_first_message_that_is_none_is_refused(open_door, begin, said):
    door = open_door()
    with socket(door.app, "/people/camera", "operator") as opened, pytest.raises(WebSocketDisconnect) as closed:
        opened.send_text(begin)
        opened.receive_json()
    assert closed.value.code == 1003 and said in closed.value.reason


@pytest.mark.parametrize(
    ("begin", "said"),
    [
        (first(None, person_id="person-0007"), "person-0007"),
        (first("unknown-0007"), "has the form of an id"),
        (first(consent={"scopes": ["keep"], "evidence": "form 17"}), "no consent of 'Bea' to be identified"),
        (first(consent={**GIVEN, "expires_at": "2020-01-01T00:00:00Z"}), "until 1 January 2020 is over already"),
    ],
    ids=range(4),
)
def test_whom_nobody_can_enrol_is_told_at_once(open_door, begin, said):
    door = open_door()
    told = refused(door, begin)
    assert told["enrolled"] is None and said in told["detail"]


def test_who_shows_too_little_is_not_enrolled(open_door, calm):
    door = open_door()
    told = shown(door, [calm] * 12, first(challenge=False), pace_s=9.0)
    assert told["enrolled"] is None and told["detail"].startswith("too few good snapshots were taken")
    assert not door.stores.people.people(everybody=True)


def test_somebody_else_takes_no_place_once_the_challenge_was_passed(open_door, sitting, acted, ada):
    door, other = open_door(), jpeg(cv2.imdecode(np.frombuffer(ada, np.uint8), cv2.IMREAD_COLOR))
    with socket(door.app, "/people/camera", "operator") as opened:
        opened.send_text(first())
        assert opened.receive_json()["type"] == "ready"
        for frame in [*acted, other]:
            opened.send_bytes(frame)
            told = opened.receive_json()
            door.clock.passed_s += 0.1
    assert (told["type"], told["reason"], told["taken"]) == ("snapshot", "somebody else is in view", "")


def test_one_account_has_two_places_and_others_have_theirs(open_door):
    door = open_door()
    assert (routes.MOST_ENROLLED, routes.MOST_OWN_ENROLLED) == (6, 2)
    with socket(door.app, "/people/camera", "operator"), socket(door.app, "/people/camera", "operator"):
        with socket(door.app, "/people/camera", "operator") as third, pytest.raises(WebSocketDisconnect) as closed:
            third.receive_json()
        assert closed.value.code == 1013
        with socket(door.app, "/people/camera", "admin") as other:
            other.send_text(first(challenge=False))
            assert other.receive_json()["type"] == "ready"


def test_a_sitting_ends_in_time(open_door, calm, monkeypatch):
    door = open_door()
    monkeypatch.setattr(talks, "_SITTING_S", 0.0)
    with pytest.raises(WebSocketDisconnect) as closed:
        shown(door, [calm] * 20, first(challenge=False))
    assert closed.value.code == 1008
