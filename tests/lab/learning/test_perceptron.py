"""The perceptron learns what no plane parts, the same way every time, and never ends as no numbers."""

import numpy as np
import pytest

pytest.importorskip("torch", reason="making networks needs torch, which is not installed")

from torch import nn

from mien.domain.errors import ModelError
from mien.lab.learning.perceptron import PerceptronRecipe, fit
from mien.lab.learning.temperature import softmax
from mien.vision.recognition.perceptron import Perceptron

RECIPE = PerceptronRecipe(hidden=32, epochs=40, batch=32, learning_rate=0.02, input_dropout=0, dropout=0.1)


def rings(n: int = 200) -> tuple[np.ndarray, np.ndarray]:
    """Two views of points within and beyond a circle, which no plane parts, and soft labels that say which is which."""
    points = np.random.default_rng(0).normal(0, 1, (n, 2)).astype(np.float32)
    is_far = np.linalg.norm(points, axis=1) > 1.1
    targets = np.where(is_far[:, None], [0.1, 0.9], [0.9, 0.1]).astype(np.float32)
    return np.stack([points, -points]) * 5 + 100, targets


def learn(recipe: PerceptronRecipe) -> Perceptron:
    return fit(*rings(), nn.functional.cross_entropy, recipe)


@pytest.fixture(scope="module")
def learnt() -> Perceptron:
    return learn(RECIPE)


def test_what_no_plane_parts_is_learnt_in_every_view(learnt: Perceptron) -> None:
    views, targets = rings()
    for view in views:
        shares = softmax(learnt.answers(view).astype(np.float64))
        assert (shares.argmax(axis=1) == targets.argmax(axis=1)).mean() > 0.93
        assert 0.7 < shares.max(axis=1).mean() < 0.9, "it is no surer than the labels are"


def test_the_same_seed_learns_the_same(learnt: Perceptron) -> None:
    np.testing.assert_array_equal(learn(RECIPE).first, learnt.first)
    assert not np.array_equal(learn(RECIPE.model_copy(update={"seed": 8})).first, learnt.first)


def test_weights_that_are_no_numbers_are_told() -> None:
    with pytest.raises(ModelError, match=r"no numbers any more: choose a lower perceptron\.learning_rate"):
        learn(RECIPE.model_copy(update={"weight_decay": 1e30}))
