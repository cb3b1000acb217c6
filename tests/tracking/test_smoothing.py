"""The confirmation window: a winner, or nothing."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mien.tracking.smoothing import ConfirmationWindow, SmoothingSettings


def after(votes: list[str], **changes: float) -> str:
    window = ConfirmationWindow(SmoothingSettings(**changes))  # type: ignore[arg-type]
    for vote in votes:
        window.add(vote)
    return window.winner


def test_few_readings_confirm_nothing() -> None:
    assert after([]) == ""
    assert after(["anger"] * 4) == ""
    assert after(["anger"] * 5) == "anger"


def test_the_share_is_of_the_readings_in_the_window() -> None:
    assert after(["fear"] * 12 + ["neutral"] * 8) == "fear"
    assert after(["fear"] * 11 + ["neutral"] * 9) == ""


def test_doubt_is_not_neutral() -> None:
    assert after(["fear", "neutral", "anger", "surprise"] * 5) == ""


def test_old_readings_leave() -> None:
    assert after(["sadness"] * 50 + ["happiness"] * 12) == "happiness"
    assert after(["sadness"] * 50 + ["happiness"] * 7) == "sadness"


def test_three_of_five_is_sixty_percent() -> None:
    assert after(["anger", "anger", "anger", "fear", "neutral"]) == "anger"


@given(votes=st.lists(st.sampled_from(["a", "b", "c"]), max_size=60), window=st.integers(5, 25))
def test_the_winner_is_what_counting_says(votes: list[str], window: int) -> None:
    counts = Counter(votes[-window:])
    enough = [label for label, count in counts.items() if count * 10 >= sum(counts.values()) * 6]
    expected = enough[0] if enough and sum(counts.values()) >= 5 else ""
    assert after(votes, window=window) == expected


def test_who_is_less_sure_than_is_asked_says_and_votes_for_nothing() -> None:
    settings = SmoothingSettings(min_confidence=0.6)
    assert settings.said("anger", 0.6) == "anger" and settings.said("anger", 0.59) == ""
    assert after(["anger"] * 6 + [""] * 4) == "anger" and after(["anger"] * 5 + [""] * 5) == ""


@pytest.mark.parametrize("wrong", [{"window": 3}, {"min_readings": 0}, {"share": 0.5}, {"share": 1.1}])
def test_settings_that_make_no_sense_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="expected"):
        SmoothingSettings(**wrong)  # type: ignore[arg-type]
