"""The numbers of a quality network become scores that gate as many faces as the built-in judge's."""

import numpy as np
import pytest

from mien.domain.errors import ModelMismatch, UsageError
from mien.evaluation.quality import JudgedFaces, agreement, score_curve
from mien.vision.quality.measured_assessor import Curve

COUNT = 400
RANDOM = np.random.default_rng(0)
SCORES = np.clip(RANDOM.uniform(-0.1, 1.2, COUNT), 0, 1)
NUMBERS = 1.5 + 0.7 * SCORES**2 + RANDOM.normal(0, 0.05, COUNT)


def test_as_many_faces_stay_below_any_gate() -> None:
    points = np.array(score_curve(JudgedFaces(NUMBERS, SCORES)))
    assert (np.diff(points[:, 0]) > 0).all() and (np.diff(points[:, 1]) >= 0).all()
    laid = Curve("uncertain", *zip(*points, strict=True)).share(NUMBERS.astype(np.float32))
    for gate in (0.35, 0.5, 0.7):
        shares = [(rows < gate).mean() for rows in (laid, SCORES)]
        assert shares[0] == pytest.approx(shares[1], abs=0.02)
    assert np.corrcoef(laid, SCORES)[0, 1] > 0.9
    measured = agreement(JudgedFaces(NUMBERS, SCORES), "doors")
    assert measured.value > 0.9 and measured.on == "doors, 400 faces, f32"


def test_numbers_that_stand_still_have_one_score() -> None:
    points = np.array(score_curve(JudgedFaces(np.minimum(NUMBERS, 1.8), SCORES)))
    assert (np.diff(points[:, 0]) > 0).all() and points[-1, 1] == 1


@pytest.mark.parametrize(
    ("numbers", "scores", "reason"),
    [
        (NUMBERS[:199], SCORES[:199], "at least 200 faces to read scores on, found 199"),
        (NUMBERS, 0.5 + SCORES / 2, "0% of these 400 faces score below 0.5"),
        (NUMBERS, SCORES / 2.5, "of these 400 faces score below 0.5"),
        (-NUMBERS, SCORES, "found -0.9"),
        (RANDOM.normal(size=COUNT), SCORES, "expected is a rank correlation above 0.15"),
        (np.full(COUNT, 0.3), SCORES, "found 0.00"),
    ],
    ids=["few", "all good", "all poor", "falling", "noise", "always the same"],
)
def test_what_shows_nothing_is_refused(numbers: np.ndarray, scores: np.ndarray, reason: str) -> None:
    with pytest.raises((UsageError, ModelMismatch), match=reason) as caught:
        score_curve(JudgedFaces(numbers, scores))
    assert "\n" not in str(caught.value)
