"""Whom a cluster resembles, on vectors set by hand."""

import numpy as np
import pytest
from tests.support.faces import axis, like

from mien.gallery.strangers.clustering import Face
from mien.gallery.strangers.suggestions import best_shot, nearest_clusters, nearest_people

FACES = np.stack([like(axis(0), 0.8, 10), like(axis(0), 0.8, 11)])


def test_the_best_shot_is_the_one_of_highest_quality() -> None:
    shots = [Face(name, axis(0), quality) for name, quality in (("a", 0.5), ("b", 0.9), ("c", 0.9))]
    assert best_shot(shots).face_id == "b"


def test_people_are_suggested_by_their_best_template_best_first() -> None:
    templates = np.stack([axis(1), axis(0), like(axis(0), 0.5, 12), axis(2)])
    found = nearest_people(FACES, templates, ["far", "near", "far", "nobody"], limit=2)
    assert [one.person_id for one in found] == ["near", "far"]
    assert found[0].similarity == pytest.approx(0.8 / np.sqrt(0.82), abs=1e-5)
    assert found[1].similarity == pytest.approx(found[0].similarity / 2, abs=1e-5)
    assert nearest_people(FACES, templates[:0], []) == ()


def test_clusters_are_suggested_by_the_similarity_that_clustering_goes_by() -> None:
    found = nearest_clusters(FACES, {"b": axis(1)[None], "a": axis(0)[None]})
    assert [one.person_id for one in found] == ["a", "b"]
    assert found[0].similarity == pytest.approx(0.8 / 0.82**0.25, abs=1e-5)
