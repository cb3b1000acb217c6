"""Strangers who are drawn resemble people as often as real ones do."""

from pathlib import Path

import numpy as np
import pytest

from mien.domain.errors import GalleryError
from mien.domain.faces import EmbeddingModel
from mien.gallery.matching.background import Background

SIZE = 32


def vectors(count: int, seed: int) -> np.ndarray:
    """Unit vectors with a mean of their own, and with look-alikes: a tail that no normal distribution has."""
    generator = np.random.default_rng(seed)
    kinds = np.random.default_rng(0).standard_normal((40, SIZE))
    drawn = kinds[generator.integers(40, size=count)] * generator.exponential(0.5, (count, 1))
    drawn += generator.standard_normal((count, SIZE)) + 0.3
    return (drawn / np.linalg.norm(drawn, axis=1, keepdims=True)).astype(np.float32)


@pytest.fixture
def learnt() -> Background:
    return Background.learnt(vectors(2_000, seed=1), vectors(400, seed=2))


@pytest.mark.parametrize("people", [1, 10, 100])
def test_thresholds_of_drawn_strangers_let_as_many_real_ones_through_as_they_say(
    learnt: Background, people: int
) -> None:
    means, unseen = vectors(people, seed=3), vectors(20_000, seed=4)
    drawn, real = learnt.resemblances(means, 20_000), (unseen @ means.T).max(axis=1)
    for rate in (0.1, 0.01):
        assert (real > np.quantile(drawn, 1 - rate)).mean() == pytest.approx(rate, rel=0.35)


def test_drawn_strangers_are_the_same_every_time_and_nobody_of_those_learnt_from(learnt: Background) -> None:
    drawn = learnt.draw(500)

    assert np.array_equal(drawn, learnt.draw(500)) and not np.array_equal(drawn, learnt.draw(500, seed=1))
    assert np.allclose(np.linalg.norm(drawn, axis=1), 1, atol=1e-5)
    assert (drawn @ vectors(2_000, seed=1).T).max() < 0.95
    few, many = (learnt.resemblances(drawn[:1], count) for count in (100, 3_000))
    assert np.allclose(many[:100], few, atol=1e-5)


def test_the_shipped_background_is_that_of_the_model_and_what_none_is_shipped_for_is_said() -> None:
    shipped = Background.of_model(EmbeddingModel("mobilefacenet", "arcface-112", "yunet", "bf16"))

    assert shipped.strangers > 2_000 and shipped.draw(3).shape == (3, 512)
    assert (np.diff(shipped.real) >= 0).all() and shipped.real[0] == -1 and shipped.real[-1] == 1
    with pytest.raises(GalleryError, match="no background of strangers for mine@1"):
        Background.of_model(EmbeddingModel("mine@1", "arcface-112", "yunet"))


def test_a_saved_background_draws_the_same_strangers(learnt: Background, tmp_path: Path) -> None:
    learnt.save(tmp_path / "network.npz")
    with np.load(tmp_path / "network.npz") as columns:
        assert np.array_equal(columns["spread"].astype(np.float32), learnt.spread)
        assert np.array_equal(columns["mean"].astype(np.float32), learnt.mean)
        assert int(columns["strangers"]) == 2_000
