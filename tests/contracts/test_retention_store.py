"""What every store promises of how long it keeps what."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from mien.domain.errors import PersonUnknown
from mien.domain.events import CameraLost, StrangerSeen
from mien.domain.people.sightings import SightedView, Sighting
from mien.domain.readings import FaceReading, FrameReading
from mien.store.journal import PersonMerged, PersonStanding, PictureStates
from mien.store.retention import KINDS
from mien.store.sql import tables
from mien.store.sql.events import SqlEvents
from mien.store.sql.people.consents import SqlConsents
from mien.store.sql.people.journal import SqlJournal
from mien.store.sql.people.people import SqlPeople
from mien.store.sql.people.sightings import SqlSightings
from mien.store.sql.readings import SqlReadings
from mien.store.sql.retention import SqlRetention

HOUR = timedelta(hours=1)
_IDENTITY = ("unknown", "", "", 0.5, 0.5)
FACE = FaceReading(1, (0, 0, 9, 9), (), 0.9, "measured", *_IDENTITY, "", 0, (), (), "", 0.5, "", "measured", "measured")


@pytest.fixture
def people(database) -> SqlPeople:
    return SqlPeople(database)


@pytest.fixture
def sightings(database) -> SqlSightings:
    return SqlSightings(database)


@pytest.fixture
def retention(database) -> SqlRetention:
    return SqlRetention(database)


def went(due):
    return {kind: count for kind, count in due.counts.items() if count}


def seen(sightings, person_id, noon, hours, views=()):
    sighting = Sighting("door", 3, "unknown", person_id, 0.1, noon + hours * HOUR, noon + (hours + 0.1) * HOUR)
    return sightings.add(sighting, views).sighting_id


def test_what_is_counted_is_what_goes(people, sightings, retention, picture, noon, model):
    old = people.add_stranger([picture(0, crop="a.face"), picture(1, crop="b.face")], noon)
    back = people.add_stranger([picture(2, crop="c.face")], noon)
    ann = people.add_person("Ann", [picture(3, crop="d.face")], noon)
    view = SightedView(picture(4).templates[0].vector, model, 0.9, "e.face")
    first = seen(sightings, old.person_id, noon, 0, [view])
    seen(sightings, back.person_id, noon, 9)
    before = {"stranger_crops": noon + 8 * HOUR, "stranger_templates": noon + 8 * HOUR}

    due = retention.due(before)
    assert went(due) == {"stranger_crops": 3, "stranger_templates": 3}
    assert set(due.crops) == {"a.face", "b.face", "e.face"}
    assert retention.purge(before) == due

    assert people.person(old.person_id).standing == "faded"
    assert [one.person_id for one in people.people()] == [ann.person_id, back.person_id]
    assert [one.crop for one in people.pictures()] == ["c.face", "d.face"]
    assert sightings.views(first) == ()
    assert set(retention.purge(before).counts.values()) == {0}


def test_of_who_is_ignored_the_templates_stay_for_else_they_would_be_met_as_new(
    people, database, retention, picture, noon
):
    stranger = people.add_stranger([picture(0, crop="a.face")], noon)
    SqlJournal(database).apply("ignore", [PersonStanding(stranger.person_id, "ignored")], noon)
    before = dict.fromkeys(("stranger_crops", "stranger_templates"), noon + HOUR)

    assert retention.due(before) == retention.purge(before)

    assert len(people.templates()) == 1
    assert [one.crop for one in people.pictures()] == [""]
    assert people.person(stranger.person_id).standing == "ignored"
    assert set(retention.purge(before).counts.values()) == {0}


def test_a_stranger_in_the_recycle_bin_goes_when_other_strangers_do(people, database, retention, picture, noon):
    journal = SqlJournal(database)
    stranger = people.add_stranger([picture(0, crop="a.face")], noon)
    journal.apply("stranger.discarded", [PersonStanding(stranger.person_id, "binned")], noon)

    due = retention.purge(dict.fromkeys(("stranger_crops", "stranger_templates"), noon + HOUR))

    assert (went(due), due.crops) == ({"stranger_crops": 1, "stranger_templates": 1}, ("a.face",))
    assert people.pictures() == ()
    assert people.person(stranger.person_id) is None
    with pytest.raises(PersonUnknown):
        journal.undo(noon + HOUR)


def test_strangers_who_were_merged_go_with_whom_they_were_merged_into(
    people, database, sightings, retention, picture, noon
):
    one, other, third = (people.add_stranger([picture(at)], noon).person_id for at in range(3))
    SqlJournal(database).apply("person.merged", [PersonMerged(other, one)], noon)
    sightings.part([(other, third)])
    seen(sightings, other, noon, 0)
    back = seen(sightings, third, noon, 9)

    retention.purge({"stranger_templates": noon + 8 * HOUR})

    assert [people.person(person_id).standing for person_id in (one, other)] == ["faded", "faded"]
    assert sightings.parted(third) == frozenset()
    assert people.selves(other) == (one, other)
    assert went(retention.purge({"sightings": noon + 8 * HOUR})) == {"sightings": 1}
    assert people.person_ids() == {third} and sightings.sighting(back)


def test_who_has_faded_goes_with_the_last_mention(people, sightings, retention, picture, noon):
    stranger = people.add_stranger([picture(0)], noon)
    seen(sightings, stranger.person_id, noon, 0)
    retention.purge({"stranger_templates": noon + 8 * HOUR})
    assert people.person(stranger.person_id).standing == "faded"

    assert went(retention.purge({"sightings": noon + 8 * HOUR})) == {"sightings": 1, "cameras": 1}

    assert people.person(stranger.person_id) is None
    assert people.add_stranger([], noon).person_id == "unknown-0002"


def test_who_said_no_fades_and_goes_like_others(people, database, retention, picture, noon):
    one, other = (people.add_stranger([picture(axis)], noon).person_id for axis in range(2))
    SqlConsents(database).withdraw(one, {"expression"}, noon)
    SqlJournal(database).apply("person.merged", [PersonMerged(one, other)], noon)
    retention.purge(dict.fromkeys(("stranger_templates", "bin"), noon + 8 * HOUR))
    assert people.people(everybody=True) == () and people.traces([one, other]) == 0


def test_readings_age_by_their_time_in_the_run_and_events_by_theirs(database, people, retention, noon):
    stranger = people.add_stranger([], noon)
    readings, events = SqlReadings(database), SqlEvents(database)
    run = readings.start_run("door", noon)
    face = replace(FACE, person_id=stranger.person_id)
    readings.append(run, [FrameReading("door", n, 3600.0 * n, 640, 480, 0.0, (face,)) for n in range(4)])
    events.append(
        [CameraLost("a", noon, "door", ""), StrangerSeen("b", noon + 3 * HOUR, "door", 1, stranger.person_id, 0)]
    )

    assert went(retention.purge(dict.fromkeys(("readings", "events"), noon + 2 * HOUR))) == {"readings": 2, "events": 1}

    assert [frame.index for frame in readings.read(run)] == [2, 3]
    assert [event.event_id for event in events.latest(9)] == ["b"]


def cameras_and_runs(database):
    with database.reading() as connection:
        return tuple(len(connection.execute(select(table)).all()) for table in (tables.cameras, tables.runs))


def purged(retention, before):
    """What went; fails where it is not what was counted before, or where anything is due after it."""
    foreseen = went(retention.due(before))
    gone = went(retention.purge(before))
    assert gone == foreseen and went(retention.due(before)) == {}
    return gone


def test_a_run_goes_with_its_last_reading_and_the_name_of_its_camera_with_the_last_of_all(database, retention, noon):
    readings, events = SqlReadings(database), SqlEvents(database)
    run, silent = readings.start_run("Ann's door", noon), readings.start_run("Bob's yard", noon)
    readings.append(run, [FrameReading("Ann's door", n, 3600.0 * n, 640, 480, 0.0, (FACE,)) for n in range(2)])
    events.append([CameraLost("a", noon + 2 * HOUR, "Ann's door", "")])

    assert purged(retention, {"readings": noon}) == {}
    assert cameras_and_runs(database) == (2, 2), "a run is not empty before anything can have been read in it"
    assert purged(retention, {"readings": noon + HOUR}) == {"readings": 1, "runs": 1, "cameras": 1}
    assert cameras_and_runs(database) == (1, 1), "nothing is left of the yard"
    assert purged(retention, {"readings": noon + 2 * HOUR}) == {"readings": 1, "runs": 1}
    assert cameras_and_runs(database) == (1, 0), "something is told of the door"
    assert purged(retention, {"events": noon + 3 * HOUR}) == {"events": 1, "cameras": 1}
    assert cameras_and_runs(database) == (0, 0)

    readings.append(silent, [FrameReading("Bob's yard", 9, 9999.0, 640, 480, 0.0, (FACE,))])
    assert [frame.camera for frame in readings.read(silent)] == ["Bob's yard"], "it still runs"
    assert list(readings.read(run)) == []


@pytest.mark.parametrize("is_stranger", [False, True])
def test_a_run_in_which_nobody_else_was_read_goes_with_who_goes_from_the_recycle_bin(
    people, database, retention, picture, noon, is_stranger
):
    readings, events = SqlReadings(database), SqlEvents(database)
    pictures = [picture(0)]
    gone = people.add_stranger(pictures, noon) if is_stranger else people.add_person("Ann", pictures, noon)
    for camera, others in (("door", ()), ("yard", (FACE,))):
        faces = (replace(FACE, person_id=gone.person_id), *others)
        run = readings.start_run(camera, noon)
        readings.append(run, [FrameReading(camera, 0, 7200.0, 640, 480, 0.0, faces)])
        events.append([StrangerSeen(camera, noon, camera, 1, gone.person_id, 0)])
    SqlJournal(database).apply("remove", [PersonStanding(gone.person_id, "binned")], noon)

    assert purged(retention, {"bin": noon, "readings": noon}) == {}
    before = dict.fromkeys(("bin", "readings", "stranger_templates"), noon + HOUR)
    foreseen, told = retention.due(before).counts, retention.purge(before).counts

    followers = ("runs", "cameras")
    assert [foreseen[kind] for kind in followers] == [told[kind] for kind in followers] == [not is_stranger] * 2
    assert cameras_and_runs(database) == ((2, 2) if is_stranger else (1, 1)), "a stranger is but an id from then on"


def test_the_recycle_bin_is_emptied_of_what_lay_there_long_enough(people, database, retention, picture, noon):
    ann = people.add_person("Ann", [picture(0, crop="a.face")], noon)
    bob = people.add_person("Bob", [picture(1, crop="b.face"), picture(2, crop="c.face")], noon)
    journal = SqlJournal(database)
    thrown, kept = (one.picture_id for one in people.pictures(bob.person_id))
    journal.apply("remove", [PersonStanding(ann.person_id, "binned"), PictureStates((thrown,), "binned")], noon)
    journal.apply("remove", [PictureStates((kept,), "binned")], noon + 9 * HOUR)

    due = retention.purge({"bin": noon + 8 * HOUR})

    assert (went(due), set(due.crops)) == ({"bin": 3}, {"a.face", "b.face"})
    assert people.people(everybody=True) == (people.named("Bob"),)
    assert [(one.picture_id, one.state) for one in people.pictures()] == [(kept, "binned")]
    assert len(journal.changes()) == 1
    assert not people.is_forgotten(ann.uid)


def test_nothing_old_changes_nothing(people, retention, picture, noon):
    people.add_stranger([picture(0)], noon)
    revision = people.revision()

    assert set(retention.purge(dict.fromkeys(KINDS, noon)).counts.values()) == {0}
    assert people.revision() == revision


def test_pictures_that_a_row_names_are_told(people, sightings, retention, picture, noon, model):
    people.add_person("Ann", [picture(0, crop="a.face"), picture(1)], noon)
    seen(sightings, "", noon, 0, [SightedView(picture(4).templates[0].vector, model, 0.9, "e.face")])

    assert retention.named_crops() == {"a.face", "e.face"}
