"""Errors over what is discarded, and the threshold, on numbers that can be checked by hand."""

import numpy as np
import pytest

from mien.evaluation.discarding.curve import SHARES, UP_TO, discard_curve, threshold_at_fmr


def test_errors_go_with_the_worst_where_quality_foretells_them() -> None:
    is_missed = np.arange(100) < 10
    curve = discard_curve(is_missed, np.arange(100.0))
    assert list(curve.fnmr) == [str(share) for share in SHARES]
    assert (curve.fnmr["0.0"], curve.fnmr["0.1"], curve.fnmr["0.5"]) == (0.1, 0, 0)
    assert curve.area == pytest.approx(0.1 * 0.1 / 2 / UP_TO, rel=0.1)


def test_the_opposite_order_leaves_all_errors_behind() -> None:
    is_missed = np.arange(100) < 10
    curve = discard_curve(is_missed, -np.arange(100.0))
    assert curve.fnmr["0.5"] == 0.2 and curve.fnmr["0.9"] == 1


def test_of_equal_qualities_each_pair_goes_as_likely_as_any_other() -> None:
    is_missed = np.arange(100) < 10
    curve = discard_curve(is_missed, np.zeros(100))
    assert set(curve.fnmr.values()) == {0.1} and curve.area == pytest.approx(0.1)


def test_pictures_without_a_face_are_the_worst() -> None:
    qualities = np.array([-np.inf, *np.arange(9.0)])
    assert discard_curve(np.arange(10) == 0, qualities).fnmr["0.1"] == 0


def test_the_threshold_is_that_of_all_pairs_of_two_people() -> None:
    generator = np.random.default_rng(0)
    vectors = generator.normal(size=(1300, 8)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    people = [str(number // 2) for number in range(1300)]
    found = threshold_at_fmr(vectors, people, 1e-3)
    similarities = vectors @ vectors.T
    first, second = np.triu_indices(1300, 1)
    impostor = similarities[first, second][first // 2 != second // 2]
    assert (impostor > found).mean() <= 1e-3 < (impostor >= found - 1e-3).mean()


def test_without_two_people_there_is_no_threshold() -> None:
    assert np.isnan(threshold_at_fmr(np.eye(3, dtype=np.float32), ["one"] * 3, 1e-3))
