from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count

import pytest
from tests.support.face_readings import ANN

from mien.domain.events import CameraLost, CameraRecovered, PersonSeen, SpoofSuspected, StrangerSeen
from mien.domain.identity import Unknown
from mien.domain.readings import FaceReading, FrameReading, TrackEnd
from mien.events.rules import EventSettings, OutageRules, SightingRules, SpoofRules

NOON = datetime(2024, 5, 1, 12, 0, tzinfo=UTC)
STRANGER = replace(ANN, track_id=4, identity="unknown", person_id="unknown-0007", similarity=0.1)
UNDECIDED = replace(ANN, track_id=5, identity="undecided", person_id="")


@pytest.fixture
def new_id():
    numbers = count(1)
    return lambda: f"event-{next(numbers)}"


@pytest.fixture
def sightings(new_id) -> SightingRules:
    return SightingRules(EventSettings(absence_s=60), new_id)


def frame(time_s: float, *faces: FaceReading) -> FrameReading:
    return FrameReading("door", round(time_s * 25), time_s, 640, 480, 0.0, faces)


def test_everybody_is_told_of_once_a_visit(sightings):
    told = sightings.see(frame(0, ANN, STRANGER, UNDECIDED), NOON)

    assert told == (
        PersonSeen("event-1", NOON, "door", 3, "person-0001", 0.5),
        StrangerSeen("event-2", NOON, "door", 4, "unknown-0007", 0.1),
    )
    for second in range(1, 200):
        assert sightings.see(frame(second, ANN, replace(STRANGER, track_id=second)), NOON) == ()


def test_who_is_away_for_the_absence_is_told_of_again_and_who_is_away_for_less_is_not(sightings):
    sightings.see(frame(0, ANN), NOON)
    assert sightings.see(frame(30), NOON) == ()
    assert sightings.see(frame(59.9, ANN), NOON) == ()

    later = NOON + timedelta(minutes=2)
    assert sightings.see(frame(59.9 + 60, ANN), later) == (PersonSeen("event-2", later, "door", 3, "person-0001", 0.5),)


def test_a_face_that_becomes_somebody_is_told_of_then(sightings):
    assert sightings.see(frame(0, UNDECIDED), NOON) == ()
    assert sightings.see(frame(1, replace(STRANGER, track_id=5)), NOON)[0].person_id == "unknown-0007"
    assert sightings.see(frame(2, replace(ANN, track_id=5)), NOON)[0].person_id == "person-0001"


def test_cameras_are_told_of_each_by_itself(new_id):
    door, yard = (SightingRules(EventSettings(), new_id) for _ in range(2))

    assert len(door.see(frame(0, ANN), NOON)) == len(yard.see(frame(0, ANN), NOON)) == 1


SPOOF = replace(ANN, liveness="spoof", liveness_score=0.1)
CARRIED = replace(SPOOF, identity_source="carried")
LIVE = replace(ANN, liveness="live", liveness_score=0.9)
UNFAIR = replace(SPOOF, liveness_reason="too small")


@pytest.fixture
def spoofs(new_id) -> SpoofRules:
    return SpoofRules(EventSettings(absence_s=60, spoof_looks=3), new_id)


def told(rules: SpoofRules, *faces: FaceReading, since_s: float = 0.0) -> list[int]:
    """The numbers of the looks, a second apart, after which something was told."""
    return [number for number, one in enumerate(faces) if rules.see(frame(since_s + number, one), NOON)]


def test_a_spoof_is_told_of_once_several_looks_agree(spoofs):
    assert spoofs.see(frame(0, SPOOF), NOON) == spoofs.see(frame(1, SPOOF), NOON) == ()
    assert spoofs.see(frame(2, SPOOF), NOON) == (SpoofSuspected("event-1", NOON, "door", 3, 0.1),)
    assert told(spoofs, *[SPOOF] * 200, since_s=3) == []


@pytest.mark.parametrize(
    "faces",
    [
        (SPOOF, SPOOF, LIVE, SPOOF, SPOOF, LIVE),
        (SPOOF, *[CARRIED] * 50),  # one look, however long it stands
        (UNFAIR,) * 50,
        (LIVE,) * 50,
        (ANN,) * 50,  # nobody judges liveness
        (replace(ANN, liveness_reason="blurred"),) * 50,
    ],
)
def test_doubt_is_no_suspicion(spoofs, faces):
    assert told(spoofs, *faces) == []


def test_looks_that_tell_nothing_do_not_break_a_row(spoofs):
    assert told(spoofs, SPOOF, UNFAIR, CARRIED, SPOOF, UNFAIR, SPOOF) == [5]


def test_a_print_that_is_lost_and_found_again_is_one_suspect_until_it_was_away(spoofs):
    undecided = replace(SPOOF, identity="undecided", person_id="")
    assert told(spoofs, undecided, undecided, undecided, SPOOF) == [2]
    ended = FrameReading("door", 100, 4.0, 640, 480, 0.0, (), (TrackEnd(3, Unknown(0.1, "unknown-0001"), ""),))
    assert spoofs.see(ended, NOON) == ()
    again = replace(SPOOF, track_id=4)
    assert told(spoofs, *[again] * 5, since_s=5) == []
    assert told(spoofs, *[replace(SPOOF, track_id=5)] * 5, since_s=100) == [2]
    other = replace(SPOOF, track_id=6, person_id="person-0002")
    assert told(spoofs, *[other] * 5, since_s=106) == [2]


def test_an_outage_is_told_of_when_it_begins_and_when_it_ends(new_id):
    rules = OutageRules("door", new_id)
    assert rules.delivered(NOON) == ()

    assert rules.lost("refused", NOON) == (CameraLost("event-1", NOON, "door", "refused"),)
    assert rules.lost("timed out", NOON + timedelta(seconds=3)) == ()
    back = NOON + timedelta(seconds=7.5)
    assert rules.delivered(back) == (CameraRecovered("event-2", back, "door", 7.5),)
    assert rules.delivered(back) == ()
    assert len(rules.lost("refused", back)) == 1
