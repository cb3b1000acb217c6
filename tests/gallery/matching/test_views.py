import numpy as np
import pytest
from tests.support.faces import axis, like

from mien.gallery.matching.views import Evidence, View, agreement, unit


def view(vector, quality=0.9, is_good=True, reason="") -> View:
    return View(vector, quality, is_good, reason)


def test_the_best_views_are_kept_and_good_ones_before_poor_ones():
    evidence = Evidence()
    for score in (0.6, 0.9, 0.5, 0.7):
        evidence.add(view(axis(0), score), limit=3)
    evidence.add(view(axis(0), 0.95, is_good=False), limit=3)

    assert sorted(kept.quality for kept in evidence.views) == [0.6, 0.7, 0.9]
    assert evidence.good == 4


def test_the_mean_is_of_unit_length_and_follows_the_better_views():
    evidence = Evidence()
    evidence.add(view(axis(0), 0.9), limit=8)
    evidence.add(view(axis(1), 0.3), limit=8)

    mean = evidence.mean()

    assert np.linalg.norm(mean) == pytest.approx(1)
    assert mean[0] == pytest.approx(3 * mean[1])


def test_views_of_another_face_replace_the_old_ones_once_they_agree():
    evidence = Evidence()
    for _ in range(8):
        evidence.add(view(axis(0)), limit=8)
    for count in range(1, 5):
        evidence.add(view(like(axis(1), 0.9, number=10 + count)), limit=8)
        assert (len(evidence.views), evidence.good) == ((4, 4) if count == 4 else (8, 8 + count))

    assert float(evidence.mean() @ axis(1)) > 0.9


def test_blurred_moments_do_not_count_as_another_face():
    evidence = Evidence()
    for _ in range(8):
        evidence.add(view(axis(0)), limit=8)
    for number in range(4):
        evidence.add(view(axis(10 + number)), limit=8)  # each of them unlike everything

    assert evidence.good == 12


def test_the_limitation_is_what_most_views_suffer_from():
    evidence = Evidence()
    assert evidence.limitation() == "too few views"
    for reason in ("blurred", "too small", "too small"):
        evidence.add(view(axis(0), 0.2, is_good=False, reason=reason), limit=8)
    assert evidence.limitation() == "too small"
    evidence.add(view(axis(0)), limit=8)
    assert evidence.limitation() == "too few views"


def test_agreement_is_the_mean_cosine_of_pairs():
    vectors = [unit(vector) for vector in np.random.default_rng(0).normal(size=(5, 16)).astype(np.float32)]
    cosines = np.stack(vectors) @ np.stack(vectors).T

    assert agreement(vectors[:1]) == 1.0
    assert agreement(vectors) == pytest.approx(cosines[np.triu_indices(5, 1)].mean(), abs=1e-6)


def test_the_quality_of_the_mean_is_that_of_the_views_as_heavy_as_in_it():
    evidence = Evidence(views=[View(axis(0), 0.9, True, ""), View(axis(1), 0.3, False, "blurred")])

    assert evidence.quality() == pytest.approx((0.9 * 0.9 + 0.3 * 0.3) / 1.2)
    assert Evidence().quality() == 1.0
