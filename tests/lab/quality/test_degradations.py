"""Pictures are spoilt by chance alone, and however large they are, as those of LFW are."""

import cv2
import numpy as np
import pytest

from mien.lab.quality.degradations import SPOILERS, TWICE, spoilt


def grain() -> np.ndarray:
    return np.random.default_rng(2).integers(40, 220, (250, 250, 3)).astype(np.uint8)


@pytest.mark.parametrize("place", range(len(SPOILERS)))
def test_every_way_of_spoiling_changes_a_picture_by_chance_alone(place: int) -> None:
    image = grain()
    first, again = (SPOILERS[place](image.copy(), np.random.default_rng(5)) for _ in range(2))
    assert first.shape == image.shape and first.dtype == np.uint8
    assert (first == again).all() and (first != image).any()


def test_pictures_are_spoilt_in_one_way_or_two() -> None:
    results = [spoilt(grain(), np.random.default_rng(seed)) for seed in range(30)]
    assert all(one.shape == (250, 250, 3) for one in results) and len({one.tobytes() for one in results}) == 30


def test_pictures_as_large_as_those_of_lfw_are_spoilt_as_they_are() -> None:
    for seed in range(12):
        generator, expected = np.random.default_rng(seed), grain()
        count = 2 if generator.random() < TWICE else 1
        for place in generator.permutation(len(SPOILERS))[:count]:
            expected = SPOILERS[place](expected, generator)
        np.testing.assert_array_equal(spoilt(grain(), np.random.default_rng(seed)), expected)


def test_a_large_photograph_is_spoilt_like_a_small_one() -> None:
    small = cv2.GaussianBlur(grain(), (0, 0), 12)
    small = cv2.normalize(small, None, 30, 220, cv2.NORM_MINMAX)
    large = cv2.resize(small, (1500, 1500), interpolation=cv2.INTER_LINEAR)
    for seed in range(20):
        found, expected = (spoilt(one, np.random.default_rng(seed)).astype(int) for one in (large, small))
        assert np.abs(found - expected).mean() < 8, seed


@pytest.mark.parametrize("shape", [(3, 2000, 3), (2000, 3, 3), (1, 1, 3)])
def test_no_shape_of_a_picture_ends_it(shape: tuple[int, int, int]) -> None:
    for seed in range(40):
        found = spoilt(np.full(shape, 99, np.uint8), np.random.default_rng(seed))
        assert max(found.shape) <= 1000
