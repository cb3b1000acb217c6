"""What the person before the camera is asked for, and what is made of each look."""

import numpy as np
import pytest
from tests.support.faces import axis, like

from mien.gallery.enrolment.guidance import Guidance, GuidanceSettings, Look, Turn
from mien.gallery.enrolment.sight import Portrait

ANN, BOB = axis(0), axis(1)


def view(number: int, person=ANN, quality: float = 0.8) -> Portrait:
    """A view of somebody that resembles each other one of them by 0.64."""
    vector = like(person, 0.8, 10 + number)
    return Portrait(vector, vector, quality, np.zeros((112, 112, 3), np.uint8), "")


def asked(**named: float) -> Guidance:
    return Guidance(GuidanceSettings(**{"near_copy": 0.92, "same_person": 0.3, "snapshots": 6, **named}))


def test_poses_are_asked_for_in_turn_and_then_any_view_will_do() -> None:
    guidance = asked()
    turns = [Turn(2, 1), Turn(20, 0), Turn(-15, 0), Turn(0, 8), Turn(0, 0), Turn(30, 0)]
    told = [guidance.opening] + [
        guidance.consider(Look(number, view(number), turn)) for number, turn in enumerate(turns)
    ]
    assert [one.taken for one in told[1:]] == ["straight", "left", "right", "up", "free", "free"]
    assert [one.done for one in told] == [0, 1, 2, 3, 4, 5, 6]
    words = ["straight", "to your left", "to your right", "chin", "any way you like", "any way you like", "thank you"]
    assert all(word in one.instruction for word, one in zip(words, told, strict=True))
    assert guidance.is_over and guidance.poses == [one.taken for one in told[1:]] and not guidance.refused


@pytest.mark.parametrize(
    ("before", "turn", "remedy"),
    [
        ([], Turn(11, 0), "turn a little to your right"),
        ([], Turn(-11, 0), "turn a little to your left"),
        ([Turn(0, -9)], Turn(5, 0), "further to your left"),
        ([Turn(0, -9), Turn(20, 0)], Turn(20, 0), "further to your right"),
        ([Turn(0, -9), Turn(20, 0), Turn(-20, 0)], Turn(0, -5), "a little higher"),
    ],
)
def test_a_pose_that_does_not_fit_yet_is_waited_for(before: list[Turn], turn: Turn, remedy: str) -> None:
    guidance = asked()
    for number, one in enumerate(before):
        assert guidance.consider(Look(number, view(number), one)).taken
    told = guidance.consider(Look(9, view(9), turn))
    assert (told.taken, told.reason, told.remedy, told.quality) == ("", "", remedy, 0.8)
    assert not guidance.refused  # nothing is wrong with it


def test_a_chin_is_raised_from_where_it_was_in_the_first_snapshot() -> None:
    guidance = asked()
    for number, turn in enumerate((Turn(0, -9), Turn(20, 0), Turn(-20, 0), Turn(0, -3))):
        assert guidance.consider(Look(number, view(number), turn)).taken
    assert guidance.poses[-1] == "up"


def test_a_pose_is_not_waited_for_for_ever() -> None:
    guidance = asked(patience_s=5)
    for number in range(10):  # nobody's time runs while nobody is there
        assert guidance.consider(Look(number, reason="no face was found")).remedy == "come into view"
    looks = [guidance.consider(Look(10 + number, view(number), Turn(30, 0))) for number in range(7)]
    assert [one.taken for one in looks] == ["", "", "", "", "", "free", "left"]


def test_the_same_again_and_somebody_else_are_refused() -> None:
    guidance = asked()
    assert guidance.consider(Look(0, view(0), Turn(0, 0))).taken
    assert guidance.consider(Look(1, view(0), Turn(20, 0))).reason.startswith("it is nearly the same as a picture")
    assert guidance.consider(Look(2, view(1, BOB), Turn(20, 0))).reason == "somebody else is in view"
    assert guidance.consider(Look(3, view(1), Turn(20, 0))).taken == "left"


@pytest.mark.parametrize(
    ("reason", "remedy"),
    [
        ("no face was found", "come into view"),
        ("several faces are in front of the camera", "the others have to step aside"),
        ("the face is too small", "come closer"),
        ("the largest face is blurred", "hold still"),
        ("the face is dark", "turn towards the light"),
        ("the face is turned away", "turn back a little"),
        ("it is nearly the same as a picture that is there (similarity 0.95)", "move your head a little"),
        ("the face is that of 'Bob' (similarity 0.71), not of 'Ann'", ""),
    ],
)
def test_what_is_wrong_is_told_with_what_to_do_and_counted_without_numbers(reason: str, remedy: str) -> None:
    guidance = asked()
    told = [guidance.consider(Look(number, reason=reason)) for number in range(3)]
    assert {(one.reason, one.remedy, one.quality) for one in told} == {(reason, remedy, 0.0)}
    assert guidance.refused == {reason.partition(" (")[0]: 3}


def test_it_ends_when_the_time_is_up() -> None:
    guidance = asked(timeout_s=20)
    guidance.consider(Look(100, reason="no face was found"))
    assert not guidance.is_over
    guidance.consider(Look(119.9, view(0), Turn(0, 0)))
    assert not guidance.is_over
    guidance.consider(Look(120, reason="no face was found"))
    assert guidance.is_over and guidance.poses == ["straight"]


def test_few_snapshots_ask_for_few_poses_and_without_turns_there_are_none_to_ask_for() -> None:
    guidance = asked(snapshots=2)
    assert [guidance.consider(Look(n, view(n), Turn(20 * n, 0))).taken for n in range(2)] == ["straight", "left"]
    guidance = Guidance(GuidanceSettings(0.92, 0.3, snapshots=2), has_turns=False)
    assert [guidance.consider(Look(n, view(n))).taken for n in range(2)] == ["free", "free"] and guidance.is_over
