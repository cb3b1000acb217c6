"""Copies of one photograph are found whatever their light and shift, and nothing else is taken for one."""

from itertools import combinations, product

import cv2
import numpy as np
import pytest
from tests.support.lab import grain

from mien.lab.datasets import copies
from mien.lab.datasets.copies import near_duplicate_groups


def test_copies_share_a_group_whatever_their_light_and_shift() -> None:
    images = grain(12)
    darker = (images[0] * 0.6).astype(np.uint8)
    moved = np.roll(images[1], (2, -1), axis=(0, 1))
    groups = near_duplicate_groups(np.concatenate([images, darker[None], moved[None]]))
    assert groups[12] == groups[0]
    assert groups[13] == groups[1]
    assert len(np.unique(groups)) == 12


def near_copies(seed: int) -> np.ndarray:
    """Pictures with, among them, copies that are darker, moved, noisy, or half another picture."""
    generator = np.random.default_rng(seed)
    images = list(grain(40, seed))
    for _ in range(60):
        copy = images[generator.integers(len(images))].astype(np.float32)
        copy = np.roll(copy, generator.integers(-6, 7, 2), axis=(0, 1)) * generator.uniform(0.5, 1)
        copy += generator.normal(0, generator.uniform(0, 25), copy.shape)
        share = generator.choice((0, 0, 0.3, 0.5))
        mixed = (1 - share) * copy + share * images[generator.integers(len(images))]
        images.append(np.clip(mixed, 0, 255).astype(np.uint8))
    return np.stack(images)[generator.permutation(len(images))]


def plain_groups(images: np.ndarray) -> np.ndarray:
    """The same, pair by pair, with everything in memory."""
    windows = {
        place: images[:, place[0] : place[0] + 40, place[1] : place[1] + 40] for place in product((0, 4, 8), repeat=2)
    }
    small = {place: unit_thumbnails(part) for place, part in windows.items()} | {None: unit_thumbnails(images)}
    alike = small[None] @ small[None].T > 0.80
    for place in set(windows) - {(4, 4)}:
        across = small[4, 4] @ small[place].T > 0.88
        alike |= across | across.T
    details = [image - cv2.GaussianBlur(image, (0, 0), 3) for image in images.astype(np.float32)]
    groups = np.arange(len(images))
    for one, other in combinations(range(len(images)), 2):
        if alike[one, other] and groups[one] != groups[other] and best_score(details[one], details[other]) >= 0.65:
            groups[groups == groups[one]] = groups[other]
    return groups


def unit_thumbnails(images: np.ndarray) -> np.ndarray:
    rows = np.stack([cv2.resize(np.ascontiguousarray(one), (16, 16), interpolation=cv2.INTER_AREA) for one in images])
    rows = rows.reshape(len(images), 256).astype(np.float64)
    rows -= rows.mean(axis=1, keepdims=True)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def best_score(one: np.ndarray, other: np.ndarray) -> float:
    return max(
        cv2.matchTemplate(whole, part[8:40, 8:40].copy(), cv2.TM_CCOEFF_NORMED).max()
        for whole, part in ((one, other), (other, one))
    )


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_groups_are_those_of_comparing_pair_by_pair(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(copies, "_MOST_CORRELATIONS", 700)  # several blocks of a few rows
    images = near_copies(seed)
    told: list[tuple[str, int, int]] = []
    groups = near_duplicate_groups(images, progress=lambda *step: told.append(step))
    np.testing.assert_array_equal(groups, plain_groups(images))
    assert 30 < len(np.unique(groups)) < 95, "some are copies and some are not"
    compared = [done for what, done, _ in told if what == "pictures alike"]
    assert compared == sorted(compared) and compared[-1] == 900
    assert told[-1][0] == "copies" and told[-1][1] == told[-1][2] > 20
