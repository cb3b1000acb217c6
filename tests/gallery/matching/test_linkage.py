"""Similarities of groups of faces, on vectors set by hand."""

import numpy as np
import pytest
from tests.support.faces import axis, like

from mien.gallery.matching.linkage import groups, representative


def test_of_single_faces_the_similarity_is_the_cosine() -> None:
    assert representative(axis(0)[None]) @ representative(like(axis(0), 0.4)[None]) == pytest.approx(0.4)


def test_of_groups_it_is_between_the_mean_of_all_pairs_and_the_cosine_of_the_means() -> None:
    one = np.stack([like(axis(0), 0.8, 10 + at) for at in range(4)])
    other = np.stack([like(axis(0), 0.7, 20 + at) for at in range(3)])
    pairs = float((one @ other.T).mean())
    cosine = float(one.mean(0) @ other.mean(0) / np.linalg.norm(one.mean(0)) / np.linalg.norm(other.mean(0)))
    similarity = float(representative(one) @ representative(other))
    assert pairs < similarity < cosine
    assert similarity == pytest.approx(np.sqrt(pairs * cosine), rel=1e-5)


def test_faces_fall_into_groups_whatever_their_order() -> None:
    faces = [like(axis(person), 0.8, 10 + at) for at, person in enumerate((0, 1, 0, 0, 1, 2))]
    assert groups(np.stack(faces), 0.4) == [[0, 2, 3], [1, 4], [5]]
    assert groups(np.stack(faces[::-1]), 0.4) == [[2, 3, 5], [1, 4], [0]]
    assert groups(np.stack(faces), 0.9) == [[0], [1], [2], [3], [4], [5]]
