"""What every store of events promises."""

from datetime import timedelta

import pytest

from mien.domain.events import CameraLost, CameraRecovered, PersonSeen, SpoofSuspected, StrangerSeen
from mien.store.history.events import EventQuery, EventStore
from mien.store.sql.events import SqlEvents
from mien.store.sql.people.people import SqlPeople


@pytest.fixture
def events(database) -> EventStore:
    return SqlEvents(database)


def test_every_kind_comes_back_as_it_was_given_newest_first(database, events, noon):
    people = SqlPeople(database)
    ann, stranger = people.add_person("Ann", [], noon), people.add_stranger([], noon)
    given = [
        PersonSeen("a", noon, "door", 3, ann.person_id, 0.5),
        StrangerSeen("b", noon + timedelta(seconds=1), "door", 4, stranger.person_id, 0.25),
        SpoofSuspected("c", noon + timedelta(seconds=2), "door", 5, 0.125),
        CameraLost("d", noon + timedelta(seconds=3), "yard", "the server refused"),
        CameraRecovered("e", noon + timedelta(seconds=4), "yard", 1.5),
    ]

    assert events.append(given) == 5

    assert events.latest(10) == tuple(reversed(given))
    assert events.latest(1) == (given[4],)
    assert events.latest(10, camera="door") == (given[2], given[1], given[0])
    assert events.count() == 5
    assert events.count(ann.person_id) == 1


def test_an_event_is_stored_once_however_often_it_is_given(events, noon):
    lost = CameraLost("a", noon, "door", "gone")

    assert events.append([lost, lost]) == 1
    assert events.append([lost]) == 0
    assert events.latest(9) == (lost,)


def test_events_of_a_forgotten_person_go_and_do_not_come_back(database, events, noon):
    people = SqlPeople(database)
    ann = people.add_person("Ann", [], noon)
    seen = PersonSeen("a", noon, "door", 3, ann.person_id, 0.5)
    lost = CameraLost("b", noon, "door", "gone")
    events.append([seen, lost])

    assert people.forget(ann.person_id).events == 1
    assert events.append([seen]) == 0

    assert events.latest(9) == (lost,)
    assert people.traces([ann.person_id]) == 0


def test_the_events_of_a_person_are_told_the_oldest_first(database, events, noon):
    people = SqlPeople(database)
    ann, bob = (people.add_person(name, [], noon).person_id for name in ("Ann", "Bob"))
    told = [PersonSeen(str(n), noon - n * timedelta(hours=1), "door", 1, (ann, bob)[n % 2], 0.5) for n in range(4)]
    events.append(told)

    assert events.of_person({ann}) == (told[2], told[0])


def test_events_are_found_by_what_they_are_about_page_by_page(database, events, noon):
    people = SqlPeople(database)
    ann, ben = people.add_person("Ann", [], noon), people.add_person("Ben", [], noon)
    given = [
        PersonSeen(f"{number:02}", noon + timedelta(seconds=number // 3), "door" if number % 2 else "yard", 1, one, 0.5)
        for number, one in enumerate([ann.person_id, ben.person_id] * 10)
    ] + [CameraLost("x", noon, "door", "gone")]
    events.append(given)
    told = sorted(given, key=lambda one: (-one.at.timestamp(), one.event_id))

    pages, before = [], None
    while page := events.find(EventQuery(before=before), 4):
        pages += page
        before = page[-1].at, page[-1].event_id
    assert pages == told

    assert events.find(EventQuery("door"), 99) == tuple(one for one in told if one.camera == "door")
    assert events.find(EventQuery(kinds=("camera_lost", "camera_recovered")), 99) == (given[-1],)
    assert events.find(EventQuery(person_ids=(ann.person_id,)), 99) == tuple(
        one for one in told if isinstance(one, PersonSeen) and one.person_id == ann.person_id
    )
    assert events.find(EventQuery("yard", person_ids=(ben.person_id,)), 99) == ()
