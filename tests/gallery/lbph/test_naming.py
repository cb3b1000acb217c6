"""A track is named by several looks: nobody flickers between names."""

from math import isnan

from mien.gallery.lbph.model import LbphAnswer
from mien.gallery.lbph.naming import TrackName, TrackVote

NEAR, FAR = 80.0, 120.0


def vote(*said: str) -> TrackVote:
    voted = TrackVote()
    for name in said:
        voted.add(LbphAnswer(name, NEAR if name else FAR))
    return voted


def test_before_five_looks_nothing_is_decided() -> None:
    assert isnan(vote().name.distance)
    assert vote(*["Ann"] * 4).name == TrackName("undecided", "", NEAR, 4)
    assert vote(*["Ann"] * 5).name == TrackName("known", "Ann", NEAR, 5)
    assert vote(*[""] * 5).name == TrackName("unknown", "", FAR, 5)


def test_a_stranger_does_not_flicker_between_names() -> None:
    voted, told = TrackVote(), []
    for name in ["", "Ann", "", "", "", "Bob", "", "Ann", "", "", "Bob", "Bob", "", "", ""] * 3:
        voted.add(LbphAnswer(name, FAR))
        told.append(voted.name.standing)
    assert told[:4] == ["undecided"] * 4 and set(told[4:]) == {"unknown"}


def test_where_the_looks_are_of_two_minds_what_was_said_stays() -> None:
    assert vote("Ann", "Ann", "", "", "Bob").name.standing == "undecided"
    voted = vote(*["Ann"] * 10)
    names = []
    for name in [*["", "Ann"] * 8, *[""] * 15]:
        voted.add(LbphAnswer(name, FAR))
        names.append(voted.name.name)
    assert set(names[:16]) == {"Ann"} and names[-1] == "" and voted.name.standing == "unknown"
