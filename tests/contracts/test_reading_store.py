"""What every store of readings promises."""

from dataclasses import replace
from datetime import timedelta

import pytest
from tests.support.face_readings import ANN
from tests.support.faces import ALL

from mien.domain.emotions import EMOTION_LABELS
from mien.domain.errors import StoreError
from mien.domain.events import CameraLost
from mien.domain.people.sightings import Sighting
from mien.domain.readings import FaceReading, FrameReading
from mien.store.history.readings import PersonReading, ReadingQuery, ReadingStore
from mien.store.sql.events import SqlEvents
from mien.store.sql.people.people import SqlPeople
from mien.store.sql.people.sightings import SqlSightings
from mien.store.sql.readings import SqlReadings

FACE = replace(
    ANN,
    track_id=7,
    box=(1.5, 2.25, 30.0, 40.0),
    landmarks=((1.0, 2.0), (3.0, 4.0), (5.0, 6.0), (7.0, 8.0), (9.0, 10.5)),
    detection_score=0.875,
    detection_source="carried",
    identity="undecided",
    person_id="",
    person_name="",
    similarity=0.1,
    margin=0.05,
    emotion="happiness",
    confidence=0.5,
    emotion_labels=EMOTION_LABELS,
    probabilities=(0.5, 0.25, 0.125, 0.125, 0.0, 0.0, 0.0, 0.0),
    quality=0.6,
    quality_reason="blurred",
    emotion_source="carried",
    valence=-0.5,
    arousal=0.25,
    valence_arousal_source="derived",
    liveness="spoof",
    liveness_score=0.125,
    liveness_reason="too small",
    pose=(-12.5, 4.0, 0.5),
)
UNREAD = replace(
    FACE,
    track_id=8,
    emotion="",
    confidence=0.0,
    emotion_labels=(),
    probabilities=(),
    landmarks=(),
    valence=0.0,
    arousal=0.0,
    valence_arousal_source="",
    liveness="",
    liveness_score=0.0,
    liveness_reason="",
    pose=(),
)


def frame(index: int, *faces: FaceReading) -> FrameReading:
    return FrameReading("door", index, index / 25, 640, 480, 0.02, faces)


@pytest.fixture
def readings(database) -> ReadingStore:
    return SqlReadings(database)


def test_frames_come_back_as_they_were_given(readings, noon):
    run = readings.start_run("door", noon)
    given = [frame(3, FACE, UNREAD), frame(4), frame(9, UNREAD)]

    assert readings.append(run, given) == 3

    assert list(readings.read(run)) == [given[0], given[2]]


def test_runs_are_kept_apart(readings, noon):
    first, second = readings.start_run("door", noon), readings.start_run("door", noon)
    readings.append(first, [frame(0, FACE)])
    readings.append(second, [frame(0, UNREAD), frame(1, UNREAD)])

    assert list(readings.read(first)) == [frame(0, FACE)]
    assert {*readings.runs()} == {first, second}
    assert readings.count() == 3


def test_cameras_are_those_of_which_something_is_kept(database, readings, noon):
    assert readings.cameras() == frozenset()
    readings.append(readings.start_run("door", noon), [frame(0, FACE)])
    SqlSightings(database).add(Sighting("yard", 1, "undecided", "", 0.0, noon, noon))
    SqlEvents(database).append([CameraLost("e1", noon, "gate", "gone")])
    assert readings.cameras() == {"door", "yard", "gate"}


def test_a_long_run_comes_back_whole_and_in_order(readings, noon):
    run = readings.start_run("door", noon)
    given = [frame(index, FACE, UNREAD) for index in range(2600)]

    readings.append(run, given)

    assert list(readings.read(run)) == given


def test_names_are_those_of_today_and_the_forgotten_have_none(database, readings, noon):
    people = SqlPeople(database)
    ann = people.add_person("Ann", [], noon)
    run = readings.start_run("door", noon)
    of_ann = replace(FACE, identity="known", person_id=ann.person_id, person_name="Ann")
    readings.append(run, [frame(0, of_ann, UNREAD)])
    assert list(readings.read(run)) == [frame(0, of_ann, UNREAD)]
    assert readings.count(ann.person_id) == 1

    assert people.forget(ann.person_id).readings == 1
    readings.append(run, [frame(1, of_ann)])  # a camera that had not heard of it yet

    assert readings.count(ann.person_id) == 0
    assert list(readings.read(run)) == [
        frame(0, UNREAD),
        frame(1, replace(of_ann, identity="undecided", person_id="", person_name="")),
    ]


def test_nothing_of_a_batch_is_kept_where_one_row_cannot_be(readings, noon):
    run = readings.start_run("door", noon)
    broken = replace(FACE, quality=None)

    with pytest.raises(StoreError, match="quality"):
        readings.append(run, [frame(0, FACE), frame(1, broken)])

    assert readings.count() == 0


def test_what_was_read_of_a_person_is_told_without_anybody_else(database, readings, noon):
    people = SqlPeople(database)
    ann, bob = (people.add_person(name, [], noon) for name in ("Ann", "Bob"))
    run = readings.start_run("door", noon)
    hers, his = (replace(FACE, identity="known", person_id=one.person_id, person_name=one.name) for one in (ann, bob))
    readings.append(run, [frame(index, hers, his) for index in range(3)] + [frame(3, his)])

    found = list(readings.of_person({ann.person_id}))

    assert [(one.began_at, one.frame) for one in found] == [(noon, frame(index, hers)) for index in range(3)]


def test_readings_of_a_time_are_found_run_by_run_its_end_excluded(readings, noon):
    later, sooner = readings.start_run("yard", noon + timedelta(seconds=1)), readings.start_run("door", noon)
    sparse = [FrameReading("door", 25 * n, float(n), 640, 480, 0.02, (FACE, UNREAD)) for n in range(0, 10, 2)]
    readings.append(sooner, sparse)
    readings.append(later, [FrameReading("yard", 0, 0.5, 640, 480, 0.02, (UNREAD,))])

    def found(begin_s: float, end_s: float, camera: str = "") -> list[PersonReading]:
        moments = (noon + timedelta(seconds=one) for one in (begin_s, end_s))
        return list(readings.find(ReadingQuery(*moments, camera)))

    assert [(one.began_at, one.frame.index) for one in found(1.5, 4)] == [
        (noon, 50),
        (noon, 50),
        (noon + timedelta(seconds=1), 0),
    ]
    assert found(4, 4.1)[0] == PersonReading(noon, replace(sparse[2], faces=(FACE,)))
    assert [one.frame.index for one in found(5, 7, "door")] == [150, 150]
    assert len(found(-99, 99)) == 11 and len(found(-99, 99, "yard")) == 1
    assert found(8.5, 99) == found(-9, 0) == found(-99, 99, "gate") == []


def test_readings_of_some_people_are_found_and_which_labels_there_were(database, readings, noon):
    ann = SqlPeople(database).add_person("Ann", [], noon, ALL).person_id
    assert readings.label_sets() == ()
    run = readings.start_run("door", noon)
    readings.append(run, [frame(0, replace(FACE, person_id=ann, identity="known"), UNREAD)])
    hour = (noon, noon + timedelta(hours=1))
    assert [one.frame.faces[0].person_name for one in readings.find(ReadingQuery(*hour, "", {ann}))] == ["Ann"]
    assert list(readings.find(ReadingQuery(*hour, "", frozenset()))) == []
    assert readings.label_sets() == (EMOTION_LABELS,)
