"""What every index of vectors promises, whatever it stands on."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mien.domain.faces import EmbeddingModel
from mien.store.vectors.exact import ExactIndex
from mien.store.vectors.growing import GrowingIndex
from mien.store.vectors.index import VectorIndex
from mien.store.vectors.sieved import SievedIndex

MODEL = EmbeddingModel("network", "alignment", "detector")
ROUNDING = 2e-3  # of the indexes that keep two bytes a number
INDEXES: dict[str, Callable[[], VectorIndex]] = {
    "exact": ExactIndex,
    "sieved": SievedIndex,
    "growing": lambda: GrowingIndex(MODEL, exact_up_to=5),
}

every_index = pytest.mark.parametrize("make", INDEXES.values(), ids=list(INDEXES))


def unit_vectors(count: int, size: int = 48, seed: int = 0) -> np.ndarray:
    vectors = np.random.default_rng(seed).standard_normal((count, size)).astype(np.float32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


@every_index
@settings(max_examples=40, deadline=None)
@given(
    steps=st.lists(st.tuples(st.booleans(), st.sets(st.integers(0, 40), max_size=12)), max_size=8),
    k=st.integers(1, 12),
)
def test_answers_are_those_of_comparing_everything(make, steps, k):
    index, held = make(), set()
    vectors, faces = unit_vectors(41), unit_vectors(3, seed=1)
    for adds, chosen in steps:
        if adds:
            new = np.array(sorted(chosen - held), np.int64)[::-1]
            index.add(new, vectors[new])
            held |= chosen
        else:
            index.remove(np.array(sorted(chosen), np.int64))
            held -= chosen

    found = index.search(faces, k)

    assert len(index) == len(held)
    assert set(index.ids.tolist()) == held
    there = np.array(sorted(held), np.int64)
    truth = -np.sort(-(faces @ vectors[there].T), axis=1)[:, :k]
    assert found.ids.shape == found.similarities.shape == (3, k)
    assert np.allclose(found.similarities[:, : truth.shape[1]], truth, atol=ROUNDING)
    assert (found.ids[:, truth.shape[1] :] == -1).all()
    assert (found.similarities[:, truth.shape[1] :] == -1).all()
    for face, ids in zip(faces, found.ids[:, : truth.shape[1]], strict=True):
        assert len(set(ids.tolist())) == len(ids)
        assert np.allclose(vectors[ids] @ face, np.sort(vectors[ids] @ face)[::-1], atol=ROUNDING)


@every_index
def test_a_vector_is_found_by_noisy_copies_among_thousands_of_its_kind(make):
    people = np.repeat(unit_vectors(2000, 128), 5, axis=0)  # five views of each, at cosines of about 0.65
    views = 0.8 * people + 0.6 * unit_vectors(len(people), 128, seed=1)
    views /= np.linalg.norm(views, axis=1, keepdims=True)
    copies = 0.8 * views[:500] + 0.6 * unit_vectors(500, 128, seed=2)
    copies /= np.linalg.norm(copies, axis=1, keepdims=True)
    index = make()
    index.add(np.arange(len(views)) * 1_000_000_007, views)

    found = index.search(copies, 10)

    assert (found.ids[:, 0] == np.arange(500) * 1_000_000_007).all()
    exact = -np.sort(-(copies @ views.T), axis=1)[:, :10]
    assert np.abs(found.similarities - exact).mean() < ROUNDING


@every_index
def test_an_empty_index_finds_nothing(make):
    index = make()

    assert len(index) == 0
    assert index.search(unit_vectors(2), 3).ids.tolist() == [[-1] * 3] * 2
    assert index.search(unit_vectors(0), 3).ids.shape == (0, 3)
    index.remove(np.array([7]))
    index.add(np.zeros(0, np.int64), unit_vectors(0))
    assert len(index) == 0


@every_index
def test_what_went_is_not_found_and_its_place_is_given_to_others(make):
    index, vectors = make(), unit_vectors(300)
    index.add(np.arange(200), vectors[:200])
    index.remove(np.arange(0, 200, 2))
    index.add(np.arange(200, 300), vectors[200:])

    nearest = index.search(vectors, 1).ids[:, 0]

    went = np.arange(0, 200, 2)
    assert not np.isin(nearest, went).any()
    stayed = np.setdiff1d(np.arange(300), went)
    assert (nearest[stayed] == stayed).all()


@every_index
def test_rows_that_were_taken_out_do_not_change(make):
    index, vectors = make(), unit_vectors(8)
    index.add(np.arange(4), vectors[:4])
    rows = index.rows
    if rows is None:
        return
    index.add(np.arange(4, 8), vectors[4:])
    index.remove(np.arange(2))
    assert rows[0].tolist() == [0, 1, 2, 3]
    assert (rows[1] == vectors[:4]).all()


@every_index
def test_searching_while_others_come_and_go_finds_whoever_stays(make):
    index, vectors = make(), unit_vectors(3000)
    index.add(np.arange(1000), vectors[:1000])

    def change(round_: int) -> None:
        ids = np.arange(1000 + 200 * round_, 1200 + 200 * round_)
        index.add(ids, vectors[ids])
        index.remove(ids[::2])

    with ThreadPoolExecutor(3) as pool:
        changes = [pool.submit(change, round_) for round_ in range(10)]
        found = [pool.submit(index.search, vectors[at : at + 50], 1) for at in range(0, 1000, 50)]
        assert np.concatenate([one.result().ids[:, 0] for one in found]).tolist() == list(range(1000))
        assert [one.result() for one in changes] == [None] * 10
    assert len(index) == 2000
