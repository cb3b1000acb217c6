"""The filter's mathematics: consistent over time, sure of what it saw, cheap."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mien.tracking.kalman import BoxStates

BOXES = np.array([[10, 20, 50, 80], [300, 100, 420, 260]], np.float32)
ALL = np.array([0, 1])


def moving() -> BoxStates:
    """Two boxes seen ten times at 25 frames a second, moving by 3 and 1 px a frame."""
    states = BoxStates.resting(BOXES)
    for step in range(1, 10):
        states = states.after(0.04).corrected(ALL, BOXES + np.float32(step) * np.array([3, 1, 3, 1], np.float32))
    return states


@given(first_s=st.floats(0, 2), second_s=st.floats(0, 2))
def test_two_predictions_are_one_over_their_sum(first_s: float, second_s: float) -> None:
    states = moving()
    twice, once = states.after(first_s).after(second_s), states.after(first_s + second_s)
    np.testing.assert_allclose(twice.values, once.values, rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(twice.rates, once.rates, rtol=1e-9, atol=1e-9)
    # the noise follows the size, which changes a little on the way
    np.testing.assert_allclose(twice.variances, once.variances, rtol=0.05, atol=1e-6)


@given(elapsed_s=st.floats(0, 5))
def test_covariances_stay_positive_definite(elapsed_s: float) -> None:
    value, both, rate = np.moveaxis(moving().after(elapsed_s).variances, 2, 0)
    assert (value > 0).all()
    assert (rate > 0).all()
    assert (value * rate > both**2).all()


def test_velocity_is_learnt_and_extrapolated() -> None:
    states = moving()
    expected = BOXES[:, :2] + np.array([27, 9]) + 2 * np.array([3, 1])
    np.testing.assert_allclose(states.after(0.08).boxes()[:, :2], expected, atol=1.5)


def test_velocity_is_forgotten_over_a_long_gap() -> None:
    states = moving()
    soon, later = states.after(2.0), states.after(10.0)
    np.testing.assert_allclose(soon.boxes(), later.boxes(), atol=1)
    assert (later.variances[:, :, 0] > soon.variances[:, :, 0]).all()


def test_seeing_only_some_leaves_the_others() -> None:
    states = moving().after(0.04)
    seen = states.corrected(np.array([1]), BOXES[1:])
    np.testing.assert_array_equal(seen.values[0], states.values[0])
    assert not np.array_equal(seen.values[1], states.values[1])
    assert (seen.variances[1, :, 0] < states.variances[1, :, 0]).all()


def test_small_and_large_faces_behave_alike() -> None:
    small, large = BoxStates.resting(BOXES), BoxStates.resting(BOXES * 10)
    for _ in range(3):
        small, large = small.after(0.04).corrected(ALL, BOXES + 2), large.after(0.04).corrected(ALL, BOXES * 10 + 20)
    np.testing.assert_allclose(small.boxes() * 10, large.boxes(), rtol=1e-5)


def test_boxes_never_turn_inside_out() -> None:
    states = BoxStates.resting(BOXES)
    for step in range(1, 6):
        shrunk = np.float32(4 * step) * np.array([1, 1, -1, -1], np.float32)
        states = states.after(0.04).corrected(ALL, BOXES + shrunk)
    boxes = states.after(3).boxes()
    assert (boxes[:, 2:] - boxes[:, :2] >= 0.999).all()


def test_none_is_a_number_of_boxes() -> None:
    none = BoxStates.resting(np.zeros((0, 4), np.float32)).after(1.0)
    assert none.corrected(np.zeros(0, np.intp), np.zeros((0, 4), np.float32)).boxes().shape == (0, 4)
    assert len(BoxStates.concat(none, BoxStates.resting(BOXES))) == 2


def test_resting_boxes_come_back_as_they_were() -> None:
    assert BoxStates.resting(BOXES).boxes() == pytest.approx(BOXES)
