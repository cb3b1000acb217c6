"""A challenge is passed by making both moves in time and in order, alone and in place, and by nothing else."""

from itertools import permutations
from random import Random

import numpy as np
import pytest
from tests.support.heads import Script, face, mesh

from mien.gallery.challenge.challenge import MOVE_S, SETTLE_S, Challenge, challenges, moves_by_chance
from mien.gallery.challenge.moves import MOVES, Neutral
from mien.vision.landmarks.shape import turned_since, unevenness


def judged(script: Script, *moves: str, is_mirrored: bool = False) -> Challenge:
    challenge = Challenge(moves, is_mirrored=is_mirrored)
    for seen in script.looks:
        challenge.consider(seen)
    return challenge


def failure(script: Script, *moves: str) -> str:
    challenge = judged(script, *moves)
    assert challenge.is_over and not challenge.has_passed
    return challenge.progress.failure


@pytest.mark.parametrize("moves", list(permutations(MOVES, 2)), ids="-".join)
def test_who_makes_both_moves_passes(moves):
    challenge = judged(Script().calm().makes(moves[0]).makes(moves[1]), *moves)
    assert challenge.has_passed and challenge.progress.instruction == "thank you"
    assert challenge.evidence.live > 0.9 and np.linalg.norm(challenge.evidence.vector) == pytest.approx(1)


@pytest.mark.parametrize("moves", list(permutations(MOVES, 2)), ids="-".join)
def test_in_the_other_order_nobody_passes(moves):
    assert not judged(Script().calm().makes(moves[1]).makes(moves[0]).calm(9), *moves).has_passed


def test_it_tells_what_to_do_and_how_long_there_is():
    challenge, script = Challenge(("left", "smile")), Script().calm().makes("left").calm(0.2)
    told = [challenge.consider(seen) for seen in script.looks]
    assert [one.phase for one in told[:2]] == ["settle", "settle"] and "straight" in told[0].instruction
    asked = next(one for one in told if one.phase == "move")
    assert (asked.move, asked.done, asked.of) == ("left", 0, 2) and "left" in asked.instruction
    assert asked.left_s == pytest.approx(MOVE_S)
    assert told[-1].move == "smile" and told[-1].done == 1 and "rest" in [one.phase for one in told]


def test_time_runs_out_for_each_part():
    assert failure(Script().shows(open=0.2, seconds=SETTLE_S + 1), "left", "nod") == "too slow"
    assert failure(Script().calm(MOVE_S + 2), "left", "nod") == "too slow"
    assert failure(Script().calm().makes("left").calm(MOVE_S + 1), "left", "nod") == "too slow"


def test_two_faces_end_it_and_one_stray_look_does_not():
    assert failure(Script().calm().shows(is_crowd=True, seconds=0.6), "left", "nod") == "several faces"
    assert judged(Script().calm().shows(is_crowd=True).makes("left").makes("nod"), "left", "nod").has_passed


def test_another_person_midway_ends_it():
    script = Script().calm().makes("left").shows(who=1, seconds=0.6)
    assert failure(script, "left", "nod") == "somebody else"
    assert judged(Script().calm().shows(who=1).makes("left").makes("nod"), "left", "nod").has_passed


def test_who_is_gone_or_whose_camera_stops_begins_anew():
    assert failure(Script().calm().shows(gone=True, seconds=1.5), "left", "nod") == "nobody"
    cut = Script().calm()
    cut.time_s += 1.5
    assert failure(cut.calm(), "left", "nod") == "stopped"


def test_a_face_that_jumps_or_grows_at_once_is_another_picture():
    assert failure(Script().calm().shows(shift=350), "left", "nod") == "jumped"
    assert failure(Script().calm().makes("left").shows(shift=-350), "left", "nod") == "jumped"


def test_turning_the_other_way_is_wrong():
    assert failure(Script().calm().makes("right"), "left", "nod") == "another move"
    assert failure(Script().calm().makes("right"), "smile", "nod") == "another move"


def test_what_was_under_way_before_it_was_asked_for_does_not_count():
    script = Script().calm(0.7).shows(open=0.2).calm(1)
    assert judged(script, "blink", "nod").progress.done == 0


def test_a_smile_or_shut_eyes_from_the_beginning_are_no_neutral_look():
    smiling = Challenge(("smile", "nod"))
    told = [smiling.consider(seen) for seen in Script().shows(smile=1.0, seconds=2).looks]
    assert {one.phase for one in told} == {"settle"} and "smile" in told[-1].remedy
    shut = Challenge(("blink", "nod"))
    assert "eyes" in [shut.consider(seen) for seen in Script().shows(open=0.2, seconds=1).looks][-1].remedy


@pytest.mark.parametrize("angle", [25, 45, 60])
def test_a_picture_that_is_tilted_is_flat_and_turns_nobody(angle):
    straight, tilted, turned = face(flat=True), mesh(angle, flat=True), mesh(angle)
    assert unevenness(tilted, straight.mesh) < 0.01 < unevenness(turned, mesh())
    challenge = judged(
        Script().calm(0).shows(flat=True, seconds=1).shows(flat=True, yaw=angle, seconds=2), "left", "nod"
    )
    assert challenge.progress.done == 0


def test_a_head_that_is_turned_from_one_look_to_the_next_is_another_picture():
    assert judged(Script().calm().shows(yaw=24, seconds=1).calm(1), "left", "nod").progress.done == 0
    assert judged(Script().calm().shows(pitch=-15, seconds=1).calm(1), "nod", "left").progress.done == 0


def test_moves_are_measured_against_the_neutral_look_of_the_person():
    assert turned_since(mesh(20), mesh(0)) == pytest.approx((20, 0), abs=0.1)
    assert turned_since(mesh(0, 12), mesh(0, -3)) == pytest.approx((0, 15), abs=0.1)
    neutral = Neutral.of([face(yaw=6, open=0.6), face(yaw=6, open=0.6)])
    signs = neutral.signs(face(yaw=24, open=0.6))
    assert signs.left == pytest.approx(18, abs=0.1) and signs.open == pytest.approx(1) and signs.shows("left")
    assert neutral.signs(face(yaw=24), is_mirrored=True).shows("right")


def test_moves_are_drawn_by_chance_from_those_allowed():
    drawn = {moves_by_chance(Random(seed), ("left", "right", "nod")) for seed in range(60)}
    assert drawn == set(permutations(("left", "right", "nod"), 2))
    assert {moves_by_chance(Random(seed)) for seed in range(400)} == set(challenges())
    assert len(challenges()) == 18 and all({*pair} != {"smile", "blink"} for pair in challenges())
