import numpy as np
import pytest
from tests.support.faces import MODEL, axis, kept

from mien.domain.errors import GalleryError, PersonUnknown, StoreError
from mien.domain.events import PersonSeen
from mien.domain.readings import FaceReading, FrameReading
from mien.gallery.roster import Roster
from mien.store.sql.events import SqlEvents
from mien.store.sql.readings import SqlReadings

PICTURE = np.zeros((112, 112, 3), np.uint8)


@pytest.fixture
def roster(people, media) -> Roster:
    return Roster(people)


@pytest.fixture
def add(people, media, clock):
    """Adds an enrolled person, or a stranger where no name is given, with a picture, and returns the person."""

    def add(name: str = ""):
        templates = [kept(axis(0), MODEL, f"{name or 'camera'}.png", "digest", media.save(PICTURE))]
        return people.add_person(name, templates, clock.now()) if name else people.add_stranger(templates, clock.now())

    return add


def face_of(person_id: str) -> FaceReading:
    origins = ("measured", "measured")
    identity = ("known", person_id, "", 0.5, 0.5)
    return FaceReading(1, (0, 0, 9, 9), (), 0.9, "measured", *identity, "", 0, (), (), "", 0.5, "", *origins)


def test_the_roster_lists_enrolled_people_before_strangers_with_their_templates(roster, add, people, clock):
    stranger, zoe, ann = add(), add("Zoe"), add("ann")
    people.add_pictures(ann.person_id, [kept(axis(1), MODEL, "2.png")], clock.now())

    assert [(entry.person, entry.templates) for entry in roster.entries()] == [(ann, 2), (zoe, 1), (stranger, 1)]


def test_people_are_found_by_name_in_any_case_or_by_id(roster, add):
    ann, stranger = add("Ann  Lee".replace("  ", " ")), add()

    assert roster.find("  ANN   lee ") == ann
    assert roster.find(ann.person_id) == ann
    assert roster.find("unknown-0001") == stranger
    with pytest.raises(PersonUnknown, match="'Nobody'"):
        roster.find("Nobody")
    with pytest.raises(GalleryError, match="200 characters"):
        roster.find("x" * 300)


def test_an_id_is_never_taken_for_a_name(roster, add):
    stranger = add()
    namesake = add(stranger.person_id)  # enrolling refuses such a name; an old home may hold one

    assert roster.find(stranger.person_id) == stranger
    assert roster.find(namesake.person_id) == namesake


@pytest.mark.parametrize("name", ["Ann ../Lee 🙂", ""])
def test_forgetting_leaves_no_row_no_file_and_no_byte_of_the_name(roster, add, database, people, clock, tmp_path, name):
    person, other = add(name), add("Somebody Else")
    readings, events = SqlReadings(database), SqlEvents(database)
    run = readings.start_run("door", clock.now())
    both = (face_of(person.person_id), face_of(other.person_id))
    readings.append(run, [FrameReading("door", index, 0.0, 640, 480, 0.0, both) for index in range(50)])
    events.append([PersonSeen("a", clock.now(), "door", 1, person.person_id, 0.5)])
    assert people.traces([person.person_id]) == 1 + 1 + 50 + 1
    assert len(list(tmp_path.rglob("*.face"))) == 2

    forgotten = roster.forget(name or person.person_id)

    assert (forgotten.templates, forgotten.readings, forgotten.events, len(forgotten.crops)) == (1, 50, 1, 1)
    assert people.traces([person.person_id]) == 0
    assert readings.count(other.person_id) == 50
    assert len(list(tmp_path.rglob("*.face"))) == 1
    database.close()
    files = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    assert other.person_id.encode() in files
    assert b"Somebody Else" not in files
    assert person.person_id.encode() not in files
    assert not name or name.encode() not in files


def test_a_person_whose_picture_cannot_be_removed_is_not_forgotten_by_halves(roster, add, media, monkeypatch):
    ann = add("Ann")

    def fail(_: str) -> None:
        raise StoreError("the disk is gone")

    monkeypatch.setattr(media, "delete", fail)
    with pytest.raises(StoreError):
        roster.forget("Ann")

    monkeypatch.undo()
    assert roster.find("Ann") == ann
    roster.forget("Ann")
    with pytest.raises(PersonUnknown):
        roster.find("Ann")
