"""Doubtful pictures, on vectors set by hand."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from tests.support.faces import axis, like

from mien.gallery.curation.outliers import (
    CleanupSettings,
    Doubt,
    KeptPictures,
    LeftAlone,
    doubtful_pictures,
    left_alone,
)

SETTINGS = CleanupSettings(coherent=0.25, margin=0.1, same=0.43, min_age_s=60)


def doubts(*pictures, young: tuple[int, ...] = ()) -> dict[int, Doubt]:
    """Doubts by the number of the picture; each is a name and a vector."""
    ages = np.array([5.0 if at in young else 3600.0 for at in range(len(pictures))])
    names, vectors = zip(*pictures, strict=True)
    kept = KeptPictures(np.stack(vectors), range(len(pictures)), names, ages)
    return {doubt.picture_id: doubt for doubt in doubtful_pictures(kept, SETTINGS)}


def of(person: int, number: int):
    """A picture of a person: any two of one are 0.64 similar."""
    return like(axis(person), 0.8, 20 + number)


ADA = [("ada", of(0, at)) for at in range(3)]
BEN = [("ben", of(1, 10 + at)) for at in range(3)]


def test_a_gallery_without_mistakes_raises_no_doubt() -> None:
    assert doubts(*ADA, *BEN, ("cleo", of(2, 20))) == {}


def test_a_picture_of_another_person_is_doubted_with_what_speaks_for_it() -> None:
    found = doubts(*ADA, *BEN, ("ada", of(1, 30)))
    assert found.keys() == {6}
    assert found[6].reason == "unlike the others" and found[6].person_id == "ada"
    assert found[6].own == pytest.approx(0, abs=1e-6)
    assert found[6].other_id == "ben" and found[6].other > 0.6


def test_a_picture_that_resembles_nobody_is_doubted_too() -> None:
    found = doubts(*ADA, *BEN, ("ada", axis(9)))
    assert found[6].reason == "unlike the others" and found[6].other == pytest.approx(0, abs=1e-6)


def test_a_lookalike_is_doubted_by_whom_it_resembles_more() -> None:
    torn = 0.45 * axis(0) + 0.7 * axis(1)
    torn = torn + np.sqrt(1 - float(torn @ torn), dtype=np.float32) * axis(50)
    found = doubts(*ADA, *BEN, ("ada", torn.astype(np.float32)))
    assert found.keys() == {6} and found[6].reason == "more like somebody else"
    assert found[6].own is not None and found[6].other > found[6].own + 0.1


def test_of_two_pictures_that_disagree_both_are_named_for_which_is_wrong_cannot_be_told() -> None:
    found = doubts(*ADA, ("cleo", of(2, 20)), ("cleo", of(3, 21)))
    assert {at: doubt.reason for at, doubt in found.items()} == {3: "pictures disagree", 4: "pictures disagree"}


def test_of_two_that_disagree_it_is_the_one_that_resembles_somebody_else() -> None:
    found = doubts(*ADA, ("cleo", of(2, 20)), ("cleo", of(0, 21)))
    assert found.keys() == {4} and found[4].other_id == "ada"


def test_an_only_picture_is_doubted_where_it_shows_somebody_who_is_there() -> None:
    found = doubts(*ADA, ("cleo", of(0, 20)), ("dan", of(4, 21)))
    assert found.keys() == {3}
    assert found[3].reason == "more like somebody else" and found[3].own is None and found[3].other_id == "ada"


def test_young_pictures_are_left_alone_and_count_all_the_same() -> None:
    wrong = ("ada", of(1, 30))
    assert doubts(*ADA, *BEN, wrong, young=(6,)) == {}
    assert doubts(*ADA, *BEN, wrong, young=(0, 1)).keys() == {6}


def test_what_is_left_alone_is_counted_and_until_when() -> None:
    noon = datetime(2024, 5, 1, 12, tzinfo=UTC)
    kept = KeptPictures(np.eye(3, 4, dtype=np.float32), (1, 2, 3), "aab", np.array([5.0, 20.0, 300.0]))
    young = left_alone(kept, 60)
    assert young == LeftAlone(2, 55.0) and young.until(noon) == noon + timedelta(seconds=55)
    assert left_alone(kept, 0) == LeftAlone()
    assert left_alone(kept, np.inf).count == 3 and left_alone(kept, np.inf).until(noon) > noon


def test_the_doubts_that_are_greatest_come_first() -> None:
    kept = [*ADA, *BEN, ("ada", axis(9)), ("ben", of(0, 30))]
    assert list(doubts(*kept)) == [7, 6]


def test_a_single_person_has_nobody_to_resemble() -> None:
    found = doubts(*ADA, ("ada", of(1, 30)))
    assert found.keys() == {3} and found[3].other_id == ""
    assert doubtful_pictures(KeptPictures(np.zeros((0, 4), np.float32), (), (), np.zeros(0)), SETTINGS) == ()
