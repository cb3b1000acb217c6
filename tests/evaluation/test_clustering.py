"""How clusters are judged, and the numbers that must hold on faces beside the checkout."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from tests.support.faces import axis, like, seen

from mien.evaluation.clustering import LabelledFaces, is_good, judge_clustering, pairwise_agreement, read_faces
from mien.evaluation.faces import FaceReader
from mien.gallery.matching.thresholds import MatchingSettings
from mien.inference.installed import ModelShelf
from mien.sources.images import read_picture
from mien.sources.pixels import ArrayPixels
from mien.vision.detection.detector import DetectionSettings
from mien.vision.loading import load_detector, load_recogniser

PEOPLE = 30
SETTINGS = MatchingSettings()


def test_pairs_are_counted_within_clusters_and_within_people() -> None:
    assert pairwise_agreement(["a", "a", "a", "b"], ["x", "x", "y", "y"]) == (1 / 3, 1 / 2)
    assert pairwise_agreement(["a", "b", "c"], ["x", "y", "z"]) == (1.0, 1.0)
    assert pairwise_agreement(["a", "b"], ["x", "x"]) == (1.0, 0.0)


def test_labels_only_judge_and_the_order_is_drawn() -> None:
    vectors = np.stack([like(axis(person), 0.8, 20 + at) for at, person in enumerate([0, 0, 0, 1, 1])])
    people = ("ada", "ada", "ben", "ben", "ben")  # one picture of ada is filed under ben
    faces = LabelledFaces(vectors, np.ones(5, np.float32), people, ("",) * 5, 2)
    found = judge_clustering(faces, SETTINGS, np.random.default_rng(0))
    assert (found.precision, found.recall) == (2 / 4, 2 / 4)
    assert (found.clusters, found.faces, found.people, found.left_out, found.ids_changed) == (2, 5, 2, 2, 0)


def test_a_doubtful_face_is_decided_when_all_have_come() -> None:
    one, other = axis(0), like(axis(0), SETTINGS.stranger_similarity - SETTINGS.doubt / 2)
    between = (one + other) / np.linalg.norm(one + other)
    vectors = np.stack([one, other, between, axis(1)])
    faces = LabelledFaces(vectors, np.ones(4, np.float32), ("ada", "ada", "ada", "ben"), ("",) * 4, 0)
    found = [judge_clustering(faces, SETTINGS, np.random.default_rng(seed)) for seed in range(10)]
    assert {(each.clusters, each.precision, each.recall) for each in found} == {(2, 1.0, 1.0)}
    assert {each.doubtful for each in found} == {0, 1}  # it depends on whether the one between them comes last


def test_a_face_that_stays_alone_with_its_doubt_is_a_cluster_of_its_own() -> None:
    similar = SETTINGS.stranger_similarity - SETTINGS.doubt / 2
    vectors = np.stack([axis(0), like(axis(0), similar), axis(1)])
    faces = LabelledFaces(vectors, np.ones(3, np.float32), ("ada", "ada", "ben"), ("",) * 3, 0)
    found = judge_clustering(faces, SETTINGS, np.random.default_rng(0))
    assert (found.doubtful, found.clusters, found.precision, found.recall) == (1, 3, 1.0, 0.0)


def test_a_face_counts_that_changed_its_id_on_the_way() -> None:
    ends = axis(0), like(axis(0), 0.3, 1)
    middle = (ends[0] + ends[1]) / np.linalg.norm(ends[0] + ends[1])
    faces = LabelledFaces(np.stack([*ends, middle]), np.ones(3, np.float32), ("ada",) * 3, ("",) * 3, 0)
    changed = {judge_clustering(faces, SETTINGS, np.random.default_rng(seed)).ids_changed for seed in range(10)}
    assert changed == {0, 1}  # it depends on whether the one between them comes last


def test_strangers_of_labeled_faces_are_sorted(shared: Path, shelf: ModelShelf, tmp_path: Path) -> None:
    images = shared / "data" / "lfw" / "images"
    chosen = [person for person in sorted(images.iterdir()) if 3 <= len(list(person.iterdir())) <= 5][:PEOPLE]
    for person in chosen:
        (tmp_path / person.name).mkdir()
        for picture in person.iterdir():
            (tmp_path / person.name / picture.name).symlink_to(picture)
    detector = load_detector(shelf.take("yunet"), DetectionSettings())
    recogniser = load_recogniser(shelf.take("mobilefacenet"), detector.model)
    reader = FaceReader(lambda path: ArrayPixels(read_picture(str(path), 100.0)), detector, recogniser)
    faces = read_faces(tmp_path, reader, SETTINGS)
    found = judge_clustering(faces, SETTINGS, np.random.default_rng(1))
    assert found.people == PEOPLE and found.faces > 90
    assert found.precision >= 0.98 and found.recall >= 0.95


@pytest.mark.parametrize(("norm", "quality", "expected"), [(10, 0.9, True), (5, 0.9, False), (10, 0.4, False)])
def test_a_good_face_has_length_and_quality(norm: float, quality: float, expected: bool) -> None:
    recognition = seen(axis(0), norm=norm)
    assert is_good(replace(recognition, quality=np.array([quality], np.float32)), MatchingSettings()) is expected
    assert is_good(recognition, MatchingSettings()) is (norm >= 5.5)  # of one that has not learnt to tell
    assert not is_good(seen(), MatchingSettings())
