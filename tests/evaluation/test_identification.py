"""Open-set search on hand-made similarities."""

import numpy as np
import pytest

from mien.evaluation.identification import (
    false_positive_rate,
    identification_rate,
    misnaming_rate,
    search,
    threshold_at_fpir,
)

OWNERS = np.array([10, 10, 20])


def test_the_best_template_of_a_person_counts_and_the_margin_is_to_another_person() -> None:
    similarities = np.array([[0.9, 0.85, 0.3], [0.2, 0.1, 0.6]], np.float32)
    result = search(similarities, OWNERS, np.array([10, 10]))
    np.testing.assert_allclose(result.best, [0.9, 0.6])
    np.testing.assert_allclose(result.margin, [0.6, 0.4], rtol=1e-5)
    assert result.is_right.tolist() == [True, False]


def test_rates() -> None:
    similarities = np.array([[0.9, 0.1, 0.3], [0.2, 0.1, 0.6], [0.5, 0.1, 0.48], [0.3, 0.1, 0.0]], np.float32)
    enrolled = search(similarities, OWNERS, np.full(4, 10))
    assert identification_rate(enrolled, 0.4) == 0.5
    assert misnaming_rate(enrolled, 0.4) == 0.25
    assert identification_rate(enrolled, 0.4, min_margin=0.05) == 0.25
    assert false_positive_rate(enrolled, 0.55) == 0.5


def test_the_threshold_lets_through_no_more_than_its_rate() -> None:
    strangers = search(np.linspace(0, 1, 101, dtype=np.float32)[:, None], np.array([1]), np.full(101, -1))
    threshold = threshold_at_fpir(strangers, 0.1)
    assert false_positive_rate(strangers, threshold) <= 0.1
    assert false_positive_rate(strangers, threshold - 0.011) > 0.1
    assert threshold == pytest.approx(0.9, abs=1e-6)
