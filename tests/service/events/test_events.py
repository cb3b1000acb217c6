"""Events by filters and page by page, with the names of those they are about."""

from contextlib import ExitStack
from datetime import timedelta

import pytest
from tests.support.faces import HandClock
from tests.support.service import browser, service

from mien.domain.events import CameraLost, ExpressionShifted, PersonSeen, SpoofSuspected, StrangerSeen
from mien.service.events.routes import EventBook, build
from mien.settings import Settings
from mien.wiring.serving.live import named
from mien.wiring.stores import build_stores

CLOCK = HandClock()


@pytest.fixture
def stores(tmp_path):
    with ExitStack() as stack:
        yield build_stores(Settings(home=tmp_path / "home"), stack)


@pytest.fixture
def client(stores):
    people, now = stores.people, CLOCK.now()
    people.add_person("Ann", [], now)
    people.add_stranger([], now)
    stores.events.append(
        [
            PersonSeen("a", now, "door", 1, "person-0001", 0.5),
            StrangerSeen("b", now + timedelta(seconds=1), "yard", 2, "unknown-0001", 0.25),
            SpoofSuspected("c", now + timedelta(seconds=2), "door", 3, 0.125),
            CameraLost("d", now + timedelta(seconds=2), "door", "the server refused"),
        ]
    )
    return browser(
        service(build(EventBook(stores.events, lambda found: named(people, found), people.selves))), "viewer"
    )


def told(client, **asked) -> list[str]:
    answer = client.get("/api/v1/events", params=asked)
    assert answer.status_code == 200, answer.text
    return [one["event_id"] for one in answer.json()["items"]]


def test_every_kind_is_told_with_what_it_has(client):
    spoof, lost, stranger, ann = client.get("/api/v1/events").json()["items"]
    assert (ann["kind"], ann["person_name"], ann["person_id"]) == ("person_seen", "Ann", "person-0001")
    assert ann["at"] == "2024-05-01T00:00:00Z" and ann["reason"] is None
    assert (stranger["kind"], stranger["person_name"], stranger["similarity"]) == ("stranger_seen", "", 0.25)
    assert spoof["liveness_score"] == 0.125 and lost["reason"] == "the server refused"


def test_a_shift_of_expression_is_told_with_the_name_and_what_it_rests_on(client, stores):
    seen, at = {"neutral": 0.25, "happiness": 0.75}, CLOCK.now() + timedelta(seconds=9)
    shift = ExpressionShifted("s", at, "door", 1, "person-0001", "neutral", "happiness", 2.5, 1.25, 9, 5, seen)
    stores.events.append([shift])

    (told_of,) = client.get("/api/v1/events", params={"kind": "expression_shifted"}).json()["items"]

    fields = {"kind": "expression_shifted", "person_name": "Ann", "person_id": "person-0001", "track_id": 1}
    fields |= {"from_expression": "neutral", "to_expression": "happiness", "held_s": 2.5, "stood_s": 1.25}
    fields |= {"earlier_looks": 9, "looks": 5, "probabilities": seen, "similarity": None, "outage_s": None}
    assert {name: told_of[name] for name in fields} == fields
    assert told(client, person="person-0001") == ["s", "a"]
    stores.people.forget("person-0001")
    assert told(client, kind="expression_shifted") == [] and named(stores.people, [shift]) == []


def test_events_are_found_by_camera_kind_and_person(client):
    assert told(client, camera="door") == ["c", "d", "a"]
    assert told(client, kind=["person_seen", "stranger_seen"]) == ["b", "a"]
    assert told(client, person="person-0001") == ["a"]
    assert told(client, camera="yard", person="person-0001") == told(client, camera="cellar") == []


def test_pages_follow_each_other(client):
    found, after = [], ""
    while after is not None:
        answer = client.get("/api/v1/events", params={"limit": 1, "after": after}).json()
        found += [one["event_id"] for one in answer["items"]]
        after = answer["next"]
    assert found == ["c", "d", "b", "a"]


@pytest.mark.parametrize(
    ("asked", "status"),
    [
        ({"after": "garbage"}, 422),
        ({"after": "////"}, 422),
        ({"after": "MDAwMS0wMS0wMVQwMDowMDowMCsyMzo1OSB4"}, 422),
        ({"kind": "party"}, 422),
        ({"limit": 0}, 422),
        ({"limit": 201}, 422),
        ({"person": "person-0999"}, 404),
        ({"camera": "\0"}, 200),
    ],
)
def test_what_is_not_foreseen_is_refused(client, asked, status):
    assert client.get("/api/v1/events", params=asked).status_code == status


def test_whoever_was_forgotten_is_not_told_of(stores):
    now = CLOCK.now()
    events = [PersonSeen("a", now, "door", 1, "person-0009", 0.5), CameraLost("b", now, "door", "gone")]
    assert [one.event.event_id for one in named(stores.people, events)] == ["b"]
