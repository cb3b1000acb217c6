"""What every store of sightings promises: visits under ids of their own, and who is known to be two."""

from datetime import timedelta

import pytest

from mien.domain.errors import PersonUnknown
from mien.domain.people.sightings import SightedView, Sighting, Visits
from mien.store.journal import PersonMerged
from mien.store.sql.people.journal import SqlJournal
from mien.store.sql.people.people import SqlPeople
from mien.store.sql.people.sightings import SqlSightings


@pytest.fixture
def people(database) -> SqlPeople:
    return SqlPeople(database)


@pytest.fixture
def sightings(database) -> SqlSightings:
    return SqlSightings(database)


@pytest.fixture
def strangers(people, picture, noon) -> list[str]:
    return [people.add_stranger([picture(number)], noon).person_id for number in range(4)]


def test_a_track_may_have_been_in_view_several_times(sightings, noon):
    later = noon + timedelta(hours=1)
    first = sightings.add(Sighting("door", 7, "undecided", "", 0.0, noon, noon)).sighting_id
    second = sightings.add(Sighting("door", 7, "undecided", "", 0.0, later, later)).sighting_id
    sightings.add(Sighting("yard", 7, "undecided", "", 0.0, noon, noon))

    assert [one.sighting_id for one in sightings.of_track("door", 7)] == [second, first]
    assert sightings.of_track("door", 8) == ()
    assert sightings.sighting(first).began_at == noon
    assert sightings.sighting(first).track == "door:7"
    assert sightings.sighting(99) is None


def test_who_was_seen_together_is_two_under_whichever_id(sightings, people, database, strangers, noon):
    one, other, third, fourth = strangers
    sightings.part([(other, one), (one, other), (third, third), (third, "unknown-0099")])
    sightings.part([(one, other)])
    assert [sightings.parted(person_id) for person_id in strangers] == [{other}, {one}, frozenset(), frozenset()]

    journal = SqlJournal(database)
    journal.apply("person.merged", [PersonMerged(third, one)], noon)
    journal.apply("person.merged", [PersonMerged(other, fourth)], noon)

    assert sightings.parted(third) == sightings.parted(one) == {fourth}
    assert sightings.parted(fourth) == {one}
    with pytest.raises(PersonUnknown):
        sightings.parted("unknown-0099")


def test_nothing_of_it_stays_of_who_is_forgotten(sightings, people, strangers):
    one, other, third, _ = strangers
    sightings.part([(one, other), (other, third), (one, third)])
    assert people.traces([other]) == people.traces([one]) == 1 + 1 + 2

    people.forget(other)

    assert people.traces([other]) == 0
    assert sightings.parted(one) == {third}


def test_of_who_was_forgotten_while_in_view_no_view_is_kept(sightings, people, strangers, picture, model, noon):
    people.forget(strangers[0])
    views = [SightedView(picture(0).templates[0].vector, model, 0.5, crop) for crop in ("a.face", "", "b.face")]

    noted = sightings.add(Sighting("door", 1, "unknown", strangers[0], 0.5, noon, noon), views)
    nobodys = sightings.add(Sighting("door", 2, "undecided", "", 0.5, noon, noon), views)

    assert sightings.views(noted.sighting_id) == () and set(noted.unused) >= {"a.face", "b.face"}
    assert sightings.sighting(noted.sighting_id).person_id == ""
    assert len(sightings.views(nobodys.sighting_id)) == 3 and nobodys.unused == ()


def test_visits_are_those_of_whom_the_seen_turned_out_to_be(sightings, database, strangers, noon):
    one, other, third, fourth = strangers
    for at, person_id in enumerate((other, one, third, fourth, third)):
        seen_at = noon + timedelta(hours=at)
        sightings.add(Sighting("door", at, "unknown", person_id, 0.1, seen_at, seen_at + timedelta(minutes=1)))
    journal = SqlJournal(database)
    merged = journal.apply("person.merged", [PersonMerged(third, other)], noon)
    journal.apply("person.merged", [PersonMerged(other, one)], noon)

    last = noon + timedelta(hours=4, minutes=1)
    assert sightings.visits() == {
        one: Visits(4, noon, last),
        fourth: Visits(1, noon + timedelta(hours=3), noon + timedelta(hours=3, minutes=1)),
    }
    journal.undo(noon)
    journal.undo(noon, merged.change_id)
    assert {person_id: visits.count for person_id, visits in sightings.visits().items()} == {
        one: 1,
        other: 1,
        third: 2,
        fourth: 1,
    }


def test_who_came_in_a_time_is_told_by_the_id_that_stands_for_them_now(sightings, database, strangers, noon):
    one, other, third, fourth = strangers
    for minutes, camera, person_id in ((0, "door", one), (1, "door", other), (2, "yard", third), (3, "door", fourth)):
        at = noon + timedelta(minutes=minutes)
        sightings.add(Sighting(camera, minutes, "unknown", person_id, 0.1, noon, at))
    sightings.add(Sighting("door", 9, "undecided", "", 0.1, noon, noon + timedelta(minutes=1)))
    SqlJournal(database).apply("person.merged", [PersonMerged(other, one)], noon)

    begin, end = noon + timedelta(minutes=1), noon + timedelta(minutes=3)
    assert sightings.came(begin, end) == {one, third}
    assert sightings.came(begin, end, "door") == {one}
    assert sightings.came(begin, end, "attic") == sightings.came(end + timedelta(minutes=1), end) == frozenset()
