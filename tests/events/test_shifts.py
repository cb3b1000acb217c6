"""Shifts of expression: what is told of one face, look by look, and what is not."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from itertools import count

import pytest
from tests.support.face_readings import ANN as KNOWN

from mien.domain.events import ExpressionShifted
from mien.domain.identity import Match
from mien.domain.readings import FaceReading, FrameReading, TrackEnd
from mien.events.rules import EventSettings
from mien.events.shifts import ShiftRules

NOON = datetime(2024, 5, 1, 12, 0, tzinfo=UTC)
LABELS = ("neutral", "happiness", "surprise")
SURE = {label: tuple(0.9 if one == label else 0.05 for one in LABELS) for label in LABELS}
UNDECIDED_BETWEEN = (0.45, 0.45, 0.1)
ANN = replace(
    KNOWN,
    emotion="neutral",
    confidence=0.9,
    emotion_labels=LABELS,
    probabilities=SURE["neutral"],
    emotion_smoothed="neutral",
    quality=0.8,
    identity_source="carried",
)
CALM, HAPPY, SURPRISED = (replace(ANN, emotion=label, probabilities=SURE[label]) for label in LABELS)
EVERY_S = 0.3


@pytest.fixture
def rules() -> ShiftRules:
    return made()


def made(**settings: float) -> ShiftRules:
    numbers = count(1)
    return ShiftRules(EventSettings(**settings), lambda: f"event-{next(numbers)}", lambda one: one == "unknown-0009")


def frame(time_s: float, *faces: FaceReading, ended: tuple[TrackEnd, ...] = ()) -> FrameReading:
    return FrameReading("door", round(time_s * 25), time_s, 640, 480, 0.0, faces, ended)


def looks(rules: ShiftRules, faces: Iterable[FaceReading], since_s: float = 0.0) -> Iterator[ExpressionShifted]:
    """What is told of looks at one face, one after the other."""
    for number, face in enumerate(faces):
        yield from rules.see(frame(since_s + number * EVERY_S, face), NOON)


def told(rules: ShiftRules, *faces: FaceReading, since_s: float = 0.0) -> list[tuple[str, str]]:
    return [(one.from_expression, one.to_expression) for one in looks(rules, faces, since_s)]


def test_an_expression_that_changed_and_stayed_changed_is_told_once_with_its_evidence(rules):
    (shift,) = looks(rules, [CALM] * 10 + [HAPPY] * 40)

    assert (shift.event_id, shift.at, shift.camera, shift.track_id) == ("event-1", NOON, "door", 3)
    assert (shift.person_id, shift.from_expression, shift.to_expression) == ("person-0001", "neutral", "happiness")
    assert shift.held_s == pytest.approx(11 * EVERY_S)  # one look is not enough to lead by
    assert 1.0 <= shift.stood_s <= 1.0 + EVERY_S
    assert (shift.earlier_looks, shift.looks) == (10, 5)
    assert tuple(shift.probabilities) == LABELS and sum(shift.probabilities.values()) == pytest.approx(1)
    assert max(shift.probabilities, key=shift.probabilities.__getitem__) == "happiness"


def test_each_change_that_stays_is_told_and_the_first_expression_is_none(rules):
    shown = [CALM] * 10 + [HAPPY] * 10 + [CALM] * 10 + [SURPRISED] * 10
    assert told(rules, *shown) == [
        ("neutral", "happiness"),
        ("happiness", "neutral"),
        ("neutral", "surprise"),
    ]


@pytest.mark.parametrize(
    "shown",
    [
        [CALM] * 10 + [HAPPY] * 2 + [CALM] * 10,
        [CALM] * 10 + [HAPPY, CALM] * 20,
        [CALM] * 10 + [HAPPY, SURPRISED] * 20,
        [CALM] * 10 + [HAPPY, HAPPY, SURPRISED, CALM] * 10,
        [CALM] * 10 + [replace(HAPPY, probabilities=UNDECIDED_BETWEEN)] * 40,
    ],
    ids=["for a moment", "to and fro", "ever another", "grimaces", "no label leads"],
)
def test_a_flicker_is_not_told(rules, shown):
    assert told(rules, *shown) == []


@pytest.mark.parametrize(
    "unheeded",
    [
        replace(HAPPY, quality=0.2),
        replace(HAPPY, emotion=""),
        replace(HAPPY, emotion_source="carried"),
    ],
    ids=["poor views", "nothing is said", "one look, however long it stands"],
)
def test_what_is_no_evidence_does_not_count(rules, unheeded):
    assert told(rules, *[CALM] * 10, *[unheeded] * 40) == []


def test_too_few_looks_are_too_little_however_long_they_took(rules):
    assert told(rules, *[CALM] * 10) == []
    assert [rules.see(frame(4.0 + 2 * number, HAPPY), NOON) for number in range(3)] == [()] * 3
    assert len(rules.see(frame(10.0, HAPPY), NOON)) == 1


def test_one_look_at_something_else_does_not_hide_what_stays(rules):
    assert told(rules, *[CALM] * 10, HAPPY, HAPPY, CALM, *[HAPPY] * 8) == [("neutral", "happiness")]


@pytest.mark.parametrize(
    ("settings", "looks_needed"),
    [({}, 6), ({"shift_hold_s": 3.0}, 12), ({"shift_looks": 8}, 9), ({"shift_hold_s": 0.0, "shift_looks": 1}, 2)],
)
def test_how_much_is_needed_is_as_the_settings_say(settings, looks_needed):
    def is_told(number: int) -> bool:
        return bool(told(made(**settings), *[CALM] * 40, *[HAPPY] * number))

    assert is_told(looks_needed) and not is_told(looks_needed - 1)


def test_what_has_to_lead_by_more_is_told_of_less():
    leading = replace(HAPPY, probabilities=(0.3, 0.7, 0.0))
    assert told(made(), *[CALM] * 10, *[leading] * 10) == [("neutral", "happiness")]
    assert told(made(shift_lead=0.5), *[CALM] * 10, *[leading] * 10) == []


def test_of_a_face_that_is_nobodys_yet_nothing_is_told_and_what_was_seen_of_it_counts(rules):
    nobody = {"identity": "undecided", "person_id": ""}
    calm, happy = replace(CALM, **nobody), replace(HAPPY, **nobody)
    assert told(rules, *[calm] * 10, *[happy] * 10) == []
    assert told(rules, *[CALM] * 10, since_s=20 * EVERY_S) == [("happiness", "neutral")]


def test_whose_a_face_is_holds_for_a_look_in_which_it_is_not_decided(rules):
    unsure = {"identity": "undecided", "person_id": ""}
    shown = [HAPPY if number % 2 else replace(HAPPY, **unsure) for number in range(40)]
    assert told(rules, *[CALM] * 10, *shown) == [("neutral", "happiness")]
    rules = made()
    assert told(rules, *[CALM] * 10, *[replace(one, **unsure) for one in shown]) == [("neutral", "happiness")]


@pytest.mark.parametrize(("undecided_s", "told_of"), [(1.5, ["person-0001"]), (60.0, []), (600.0, [])])
def test_whose_a_face_was_does_not_hold_for_long(rules, undecided_s, told_of):
    calm, happy = (replace(one, identity="undecided", person_id="") for one in (CALM, HAPPY))
    shown = [*[CALM] * 10, *[calm] * round(undecided_s / EVERY_S), *[happy] * 20]
    assert [one.person_id for one in looks(rules, shown)] == told_of


def test_who_is_known_again_goes_on_from_what_was_seen_since_it_was_unsaid(rules):
    calm = replace(CALM, identity="undecided", person_id="")
    (shift,) = looks(rules, [*[CALM] * 10, *[calm] * 100, *[HAPPY] * 20])
    assert shift.held_s < 101 * EVERY_S, "what was seen before is not counted"


def test_of_strangers_who_are_ignored_nothing_is_told_and_of_others_it_is(rules):
    for person_id, expected in (("unknown-0009", 0), ("unknown-0008", 1)):
        whose = {"identity": "unknown", "person_id": person_id, "track_id": int(person_id[-1])}
        shown = [*[replace(CALM, **whose)] * 10, *[replace(HAPPY, **whose)] * 10]
        assert len(told(rules, *shown)) == expected


def test_whose_expressions_may_not_be_read_begins_anew(rules):
    unread = replace(ANN, emotion="", confidence=0.0, probabilities=(), emotion_smoothed="")
    assert told(rules, *[CALM] * 10, unread, *[HAPPY] * 20) == []


@pytest.mark.parametrize(
    ("again", "since_s"),
    [
        (replace(HAPPY, person_id="person-0002"), 3.0),
        (replace(HAPPY, track_id=4), 3.0),
        (replace(HAPPY, emotion_labels=("calm", "happiness", "surprise")), 3.0),
        (HAPPY, 60.0),
        (HAPPY, 0.0),
    ],
    ids=["somebody else", "another track", "another model", "long unseen", "a clock set back"],
)
def test_what_does_not_go_on_from_what_was_seen_is_no_shift(rules, again, since_s):
    assert told(rules, *[CALM] * 10) == []
    assert told(rules, *[again] * 20, since_s=since_s) == []


def test_a_track_that_ended_is_let_go_of(rules):
    told(rules, *[CALM] * 10)
    rules.see(frame(3.0, ended=(TrackEnd(3, Match("person-0001", 0.5, 0.5), "Ann"),)), NOON)
    assert told(rules, *[HAPPY] * 20, since_s=3.3) == []


def test_faces_are_followed_each_by_itself(rules):
    bob = replace(HAPPY, track_id=4, person_id="person-0002")
    shifts = [
        one
        for number in range(30)
        for one in rules.see(frame(number * EVERY_S, HAPPY if number >= 10 else CALM, bob), NOON)
    ]
    assert [(one.track_id, one.person_id) for one in shifts] == [(3, "person-0001")]
