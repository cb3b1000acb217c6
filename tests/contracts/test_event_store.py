"""What every store of events promises."""

from datetime import timedelta

import pytest
from tests.support.faces import ALL

from mien.domain.events import CameraLost, CameraRecovered, ExpressionShifted, PersonSeen, SpoofSuspected, StrangerSeen
from mien.store.history.events import EventQuery, EventStore
from mien.store.journal import PersonMerged
from mien.store.sql.events import SqlEvents
from mien.store.sql.people.consents import SqlConsents
from mien.store.sql.people.journal import SqlJournal
from mien.store.sql.people.people import SqlPeople

CALM = {"neutral": 0.75, "happiness": 0.25, "fear": 0.0}


def shifted(event_id: str, at, person_id: str) -> ExpressionShifted:
    return ExpressionShifted(event_id, at, "door", 6, person_id, "happiness", "neutral", 2.5, 1.25, 9, 5, CALM)


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
        shifted("f", noon + timedelta(seconds=5), stranger.person_id),
    ]

    assert events.append(given) == tuple(given)

    assert events.latest(10) == tuple(reversed(given))
    assert list(events.latest(1)[0].probabilities) == ["neutral", "happiness", "fear"]
    assert events.latest(1) == (given[5],)
    assert events.latest(10, camera="door") == (given[5], given[2], given[1], given[0])
    assert events.count() == 6
    assert events.count(ann.person_id) == 1
    assert events.find(EventQuery(kinds=("expression_shifted",)), 9) == (given[5],)


def test_an_event_is_stored_once_however_often_it_is_given(events, noon):
    lost = CameraLost("a", noon, "door", "gone")

    assert events.append([lost, lost]) == (lost,)
    assert events.append([lost]) == ()
    assert events.latest(9) == (lost,)


def test_events_of_a_forgotten_person_go_and_do_not_come_back(database, events, noon):
    people = SqlPeople(database)
    ann = people.add_person("Ann", [], noon)
    seen = PersonSeen("a", noon, "door", 3, ann.person_id, 0.5)
    lost = CameraLost("b", noon, "door", "gone")
    changed = shifted("c", noon, ann.person_id)
    assert events.append([seen, lost, changed]) == (seen, lost, changed)

    assert people.traces([ann.person_id]) > 0
    assert people.forget(ann.person_id).events == 2
    assert events.append([seen]) == events.append([changed]) == ()

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


def test_shifts_go_with_consent_to_expressions_and_are_not_kept_without_it(database, events, noon):
    people, consents = SqlPeople(database), SqlConsents(database)
    ann, bob = (people.add_person(name, [], noon, ALL).person_id for name in ("Ann", "Bob"))
    seen = PersonSeen("seen", noon, "door", 6, ann, 0.5)
    others = shifted("bob", noon, bob)
    events.append([seen, shifted("a", noon, ann), shifted("b", noon, ann), others])
    assert consents.at_stake(ann, {"expression"}).shifts == 2
    assert consents.at_stake(ann, {"identify", "keep"}).shifts == 0
    consents.withdraw(ann, {"keep"}, noon)
    assert events.count(ann) == 3

    assert consents.withdraw(ann, {"expression"}, noon).shifts == 2

    assert events.of_person({ann}) == (seen,) and events.of_person({bob}) == (others,)
    again = PersonSeen("again", noon, "door", 7, ann, 0.5)
    assert events.append([shifted("c", noon, ann), again, shifted("d", noon, bob)]) == (
        again,
        shifted("d", noon, bob),
    )
    consents.give(ann, ALL, noon)
    assert events.append([shifted("e", noon, ann)]) == (shifted("e", noon, ann),)


def test_a_stranger_who_said_no_has_no_shifts(database, events, noon):
    people = SqlPeople(database)
    stranger = people.add_stranger([], noon).person_id
    assert events.append([shifted("a", noon, stranger)])
    assert SqlConsents(database).withdraw(stranger, {"expression"}, noon).shifts == 1
    assert events.append([shifted("b", noon, stranger)]) == () and events.count() == 0


def test_shifts_go_where_somebody_is_merged_into_one_who_agreed_to_less(database, events, picture, noon):
    people = SqlPeople(database)
    ann = people.add_person("Ann", [picture(0)], noon, ALL).person_id
    bob = people.add_person("Bob", [picture(1)], noon, ALL).person_id
    events.append([shifted("a", noon, ann), PersonSeen("b", noon, "door", 6, ann, 0.5)])
    SqlConsents(database).withdraw(bob, {"expression"}, noon)
    SqlJournal(database).apply("person.merged", [PersonMerged(ann, bob)], noon)
    assert [one.event_id for one in events.of_person({ann})] == ["b"]
    assert events.append([shifted("c", noon, ann)]) == ()


def test_events_of_a_time_are_found(events, noon):
    lost = [CameraLost(name, noon + timedelta(seconds=n), "door", "gone") for n, name in enumerate("abc")]
    events.append(lost)
    assert events.find(EventQuery(since=lost[1].at), 9) == (lost[2], lost[1])
    assert events.find(EventQuery(since=lost[1].at, before=(lost[2].at, "c")), 9) == (lost[1],)
