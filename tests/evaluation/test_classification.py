"""Accuracy, recall and calibration on hand-made cases."""

import numpy as np
import pytest

from mien.evaluation.judging.classification import classify_quality, expected_calibration_error

LABELS = ("a", "b", "c")


def one_hot(answers: list[int], confidence: float = 1.0) -> np.ndarray:
    rest = (1 - confidence) / 2
    rows = np.full((len(answers), 3), rest, np.float32)
    rows[np.arange(len(answers)), answers] = confidence
    return rows


def test_recall_is_averaged_over_the_classes_that_occur() -> None:
    truth = np.array([0, 0, 0, 1])
    result = classify_quality(one_hot([0, 0, 1, 1]), truth, np.array([], np.int64), LABELS)
    assert result.accuracy == 0.75
    assert result.macro_recall == pytest.approx((2 / 3 + 1) / 2)
    assert result.confusion == ((2, 1, 0), (0, 1, 0), (0, 0, 0))
    assert (result.count, result.unanswered) == (4, 0)


def test_what_a_guess_would_reach_and_what_is_never_answered_is_told() -> None:
    result = classify_quality(one_hot([1, 1, 1, 1]), np.array([0, 1, 1, 1]), np.array([1], np.int64), LABELS)
    assert (result.commonest, result.commonest_share) == (LABELS[1], 0.8)
    assert result.never_answered == LABELS[:1], "the last one has no picture"


def test_pictures_without_an_answer_are_wrong() -> None:
    result = classify_quality(one_hot([0, 1]), np.array([0, 1]), np.array([1, 1]), LABELS)
    assert result.accuracy == 0.5
    assert result.macro_recall == pytest.approx((1 + 1 / 3) / 2)
    assert (result.count, result.unanswered) == (4, 2)


def test_calibration_error_is_the_distance_of_confidence_and_accuracy() -> None:
    half_right = np.array([0, 0, 1, 1])
    assert expected_calibration_error(one_hot([0, 0, 0, 0], 0.9), half_right) == pytest.approx(0.4)
    assert expected_calibration_error(one_hot([0, 0, 0, 0], 0.5), half_right) == pytest.approx(0.0)
    # two bins of two: |0.9 - 1| and |0.5 - 0|
    mixed = np.concatenate([one_hot([0, 0], 0.9), one_hot([0, 0], 0.5)])
    assert expected_calibration_error(mixed, half_right) == pytest.approx((0.1 + 0.5) / 2)
    assert expected_calibration_error(np.zeros((0, 3), np.float32), np.array([], np.int64)) == 0
