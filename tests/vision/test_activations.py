"""Shares and strengths are right where scores are huge, and of the type that networks give."""

import warnings

import numpy as np
import pytest

from mien.domain.errors import ModelCorrupt
from mien.vision.activations import check_finite, sigmoid, softmax

SCORES = np.array([[0.0, 1.0, -2.0], [1e4, 1e4, -1e4], [-3e38, 3e38, 0.0], [90.0, 89.0, 0.0]], np.float32)


def test_a_softmax_of_any_scores() -> None:
    shares = softmax(SCORES[[0, 1, 3]])
    exact = np.exp(SCORES[[0, 1, 3]].astype(np.longdouble))
    np.testing.assert_allclose(shares, (exact / exact.sum(axis=1, keepdims=True)).astype(np.float64), rtol=1e-5)
    assert shares.dtype == np.float32
    maps = softmax(np.stack([SCORES[:2].T] * 2))  # (2, 3, 2): over the middle
    np.testing.assert_allclose(maps.sum(axis=1), 1, atol=1e-6)
    assert softmax(SCORES[:0]).shape == (0, 3)


def test_a_sigmoid_of_any_logits() -> None:
    logits = np.array([-3e38, -1000, -90, -20, -1, 0, 1, 20, 1000, 3e38], np.float32)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        strengths = sigmoid(logits)
    exact = 1 / (1 + np.exp(-np.clip(logits.astype(np.float64), -700, 700)))
    np.testing.assert_allclose(strengths, exact, rtol=1e-6, atol=1e-38)
    assert strengths.dtype == np.float32 and (np.diff(strengths) >= 0).all()
    assert sigmoid(logits[:0].reshape(0, 1)).shape == (0, 1)


@pytest.mark.parametrize("score", [0.01, 0.3, 0.999])
def test_a_strength_belongs_to_one_logit(score: float) -> None:
    logit = np.array([np.log(score / (1 - score))], np.float32)
    assert sigmoid(logit)[0] == pytest.approx(score, rel=1e-5)


@pytest.mark.parametrize("wrong", [np.nan, np.inf, -np.inf])
def test_what_is_no_number_is_told(wrong: float) -> None:
    check_finite("it gives scores", SCORES, SCORES[:0])
    with pytest.raises(ModelCorrupt, match=r"^it gives scores that are no finite numbers$"):
        check_finite("it gives scores", SCORES, np.array([0, wrong], np.float32))
