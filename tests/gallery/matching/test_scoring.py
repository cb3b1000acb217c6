import numpy as np
import pytest
from tests.support.faces import MODEL, axis

from mien.domain.people.people import Person
from mien.gallery.matching.crowd import Best, Crowd
from mien.gallery.matching.means import means_and_lengths, person_means
from mien.gallery.matching.scoring import Exact, Nearest, scoring_by
from mien.store.vectors.exact import ExactIndex
from mien.store.vectors.sieved import SievedIndex


def unit_vectors(count: int, seed: int = 0) -> np.ndarray:
    vectors = np.random.default_rng(seed).standard_normal((count, 64)).astype(np.float32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


@pytest.mark.parametrize(("index", "kind"), [(ExactIndex(), Exact), (SievedIndex(), Nearest)])
def test_everybody_is_scored_in_the_order_of_the_keys_whatever_that_of_the_index(index, kind):
    means, faces = unit_vectors(50), unit_vectors(4, seed=1)
    keys = np.random.default_rng(2).permutation(1000)[:50]
    order = np.random.default_rng(3).permutation(50)
    index.add(keys[order], means[order])

    scoring = scoring_by(index, keys)

    assert isinstance(scoring, kind)
    assert np.allclose(scoring.scores(faces), faces @ means.T, atol=2e-3)
    assert scoring.scores(faces[:0]).shape == (0, 50)


def test_in_a_large_crowd_the_nearest_are_scored_and_all_others_are_minus_one():
    means = unit_vectors(3000)
    index = SievedIndex()
    index.add(np.arange(3000), means)
    faces = (0.7 * means[:20] + 0.7 * means[20:40]) / np.linalg.norm(0.7 * means[:20] + 0.7 * means[20:40], axis=1)[
        :, None
    ]

    scores = scoring_by(index, np.arange(3000)).scores(faces)

    assert ((scores > -1).sum(axis=1) == 256).all()
    exact = faces @ means.T
    assert np.allclose(scores[scores > -1], exact[scores > -1], atol=2e-3)
    allowed = np.ones(3000, np.bool_)
    for mine, theirs in zip(scores, exact, strict=True):
        found, truth = Best.among(mine, allowed), Best.among(theirs, allowed)
        assert (found.similarity, found.margin) == pytest.approx((truth.similarity, truth.margin), abs=2e-3)


def test_a_crowd_of_a_moment_ago_passes_over_who_came_and_who_went_since():
    means, index = unit_vectors(30), SievedIndex()
    index.add(np.arange(20), means[:20])
    scoring = scoring_by(index, np.arange(20))

    index.remove(np.array([3]))
    index.add(np.arange(20, 30), means[20:])

    scores = scoring.scores(means)
    assert scores.shape == (30, 20)
    assert (scores[:, 3] == -1).all()
    assert np.allclose(np.delete(scores, 3, axis=1), np.delete(means @ means[:20].T, 3, axis=1), atol=2e-3)


def test_nobody_is_scored_where_nobody_is():
    for index in (ExactIndex(), SievedIndex()):
        assert scoring_by(index, np.zeros(0, np.int64)).scores(unit_vectors(2)).shape == (2, 0)


def test_people_in_memory_make_a_crowd_too(clock):
    vectors, owners = unit_vectors(5), np.array([1, 0, 1, 1, 0], np.int32)
    weights = np.array([1, 0.5, 0.25, 1, 0], np.float32)
    ann, one = (
        Person("person-0001", "Ann", "enrolled", clock.now()),
        Person("unknown-0001", "", "stranger", clock.now()),
    )

    crowd = Crowd.of_templates(vectors, weights, owners, (one, ann), MODEL)

    means = person_means(vectors, weights, owners, 2)
    length = 1  # the stranger's other view, of quality 0, hardly counts
    cosines = vectors @ means.T
    assert np.allclose(crowd.scores(vectors), cosines * [np.sqrt(length), 1], atol=1e-5)
    alike = crowd.scores(vectors, np.full(5, 0.25, np.float32))
    assert np.allclose(alike, cosines * [np.sqrt(length * 0.25), 1], atol=1e-5)
    some = np.array([1], np.intp)
    assert np.allclose(crowd.scores(vectors, np.full(5, 0.25, np.float32), some), alike[:, some], atol=1e-6)
    assert crowd.person_ids == ("unknown-0001", "person-0001")
    assert crowd.is_enrolled.tolist() == [False, True]
    assert means_and_lengths(vectors, weights, owners, 2)[1][1] == pytest.approx(
        np.linalg.norm(vectors[0] + 0.25 * vectors[2] + vectors[3]) / 2.25
    )
    summed = vectors[0] + 0.25 * vectors[2] + vectors[3]
    assert np.allclose(means[1], summed / np.linalg.norm(summed), atol=1e-6)


def test_somebody_of_the_worst_views_only_has_a_mean():
    vectors = unit_vectors(2)

    means = person_means(vectors, np.zeros(2, np.float32), np.zeros(2, np.int32), 1)

    assert np.allclose(means[0], vectors.sum(axis=0) / np.linalg.norm(vectors.sum(axis=0)), atol=1e-5)


@pytest.mark.parametrize(
    ("scores", "allowed", "expected"),
    [
        ([0.1, 0.5, 0.3], [1, 1, 1], (1, 0.5, 0.2)),
        ([0.9, 0.5, 0.3], [0, 1, 1], (1, 0.5, 0.2)),
        ([0.5, 0.5, 0.3], [1, 1, 0], (0, 0.5, 0.0)),
        ([0.5, 0.9, 0.3], [1, 0, 0], (0, 0.5, 0.5)),
        ([0.5, 0.9, 0.3], [0, 0, 1], (2, 0.3, 0.3)),
        ([-0.2, 0.9], [1, 0], (0, -0.2, -0.2)),
        ([0.5, 0.9], [0, 0], (-1, 0.0, 0.0)),
        ([], [], (-1, 0.0, 0.0)),
    ],
)
def test_the_best_is_the_first_of_the_most_similar_and_leads_over_the_second(scores, allowed, expected):
    best = Best.among(np.array(scores, np.float32), np.array(allowed, np.bool_))

    assert (best.place, best.similarity, best.margin) == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("spoilt", ["vector", "weight"])
def test_what_is_no_number_spoils_no_comparison_with_others(spoilt: str) -> None:
    vectors, weights = np.stack([axis(0), axis(1), axis(2)]), np.ones(3, np.float32)
    if spoilt == "vector":
        vectors[1, 5] = np.nan
    else:
        weights[1] = np.inf
    means = person_means(vectors, weights, np.array([0, 1, 2], np.int32), 3)

    assert (means @ axis(2)).tolist() == [0, 0, 1]
