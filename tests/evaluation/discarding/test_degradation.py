"""Each way to make a picture worse does what it says, and nothing else."""

from collections import Counter

import cv2
import numpy as np
import pytest

from mien.evaluation.discarding.degradation import WAYS, covered, drawn_ways, small

FACE = np.array([80, 60, 180, 200], np.float32)


def picture() -> np.ndarray:
    return np.random.default_rng(1).integers(60, 200, (250, 250, 3)).astype(np.uint8)


@pytest.mark.parametrize("way", WAYS)
def test_chance_alone_decides(way: str) -> None:
    before = picture()
    first, again, other = (WAYS[way](before, FACE, np.random.default_rng(seed)) for seed in (1, 1, 2))
    assert first.shape == before.shape and first.dtype == np.uint8
    assert (first == again).all() and (first != other).any() and (before == picture()).all()


def test_a_cover_hides_as_much_of_the_face_as_it_should_and_nothing_beside_it() -> None:
    for seed in range(40):
        is_hidden = (covered(picture(), FACE, np.random.default_rng(seed)) != picture()).any(axis=2)
        assert 0.19 < is_hidden.sum() / (100 * 140) < 0.46
        is_hidden[60:200, 80:180] = False
        assert not is_hidden.any()


def test_a_small_face_has_no_more_detail_than_its_size_can_hold() -> None:
    found = small(picture(), FACE, np.random.default_rng(3))
    steps = [np.abs(cv2.Laplacian(image, cv2.CV_32F)).mean() for image in (picture(), found)]
    assert steps[1] < steps[0] / 5


def test_every_way_is_drawn_equally_often() -> None:
    counts = Counter(drawn_ways(52, np.random.default_rng(0)))
    assert sorted(counts.values()) == [10, 10, 10, 11, 11] and set(counts) == set(WAYS.values())
