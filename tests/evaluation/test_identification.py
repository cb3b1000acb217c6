"""Open-set search on hand-made similarities and faces, and on a few real people."""

import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest
from tests.support.faces import MODEL, axis, like, quality, seen

from mien.domain.errors import UsageError
from mien.domain.frame import Pixels
from mien.evaluation.identification import (
    AsSet,
    Glance,
    Identification,
    LineUp,
    evaluate_identification,
    false_positive_rate,
    identification_rate,
    judge_identification,
    look_at,
    misnaming_rate,
    search,
    threshold_at_fpir,
)
from mien.gallery.enrolment.sight import Portrait, Sight
from mien.gallery.matching.thresholds import EnrolmentSettings, MatchingSettings
from mien.inference.installed import ModelShelf
from mien.sources.images import read_picture
from mien.sources.pixels import ArrayPixels
from mien.vision.detection.detector import DetectionSettings
from mien.vision.loading import load_assessor, load_detector, load_recogniser

OWNERS = np.array([10, 10, 20])


def test_the_best_template_of_a_person_counts_and_the_margin_is_to_another_person() -> None:
    similarities = np.array([[0.9, 0.85, 0.3], [0.2, 0.1, 0.6]], np.float32)
    result = search(similarities, OWNERS, np.array([10, 10]))
    np.testing.assert_allclose(result.best, [0.9, 0.6])
    np.testing.assert_allclose(result.margin, [0.6, 0.4], rtol=1e-5)
    assert result.is_right.tolist() == [True, False]


def test_rates() -> None:
    similarities = np.array([[0.9, 0.1, 0.3], [0.2, 0.1, 0.6], [0.5, 0.1, 0.48], [0.3, 0.1, 0.0]], np.float32)
    enrolled = search(similarities, OWNERS, np.full(4, 10))
    assert identification_rate(enrolled, 0.4) == 0.5
    assert misnaming_rate(enrolled, 0.4) == 0.25
    assert identification_rate(enrolled, 0.4, min_margin=0.05) == 0.25
    assert false_positive_rate(enrolled, 0.55) == 0.5


def test_the_threshold_lets_through_no_more_than_its_rate() -> None:
    strangers = search(np.linspace(0, 1, 101, dtype=np.float32)[:, None], np.array([1]), np.full(101, -1))
    threshold = threshold_at_fpir(strangers, 0.1)
    assert false_positive_rate(strangers, threshold) <= 0.1
    assert false_positive_rate(strangers, threshold - 0.011) > 0.1
    assert threshold == pytest.approx(0.9, abs=1e-6)


def open_picture(path: Path) -> Pixels:
    return ArrayPixels(read_picture(str(path), 100.0))


def glance(person_id: str, vector: np.ndarray, told: float = 1.0, norm: float = 10.0) -> Glance:
    return Glance(person_id, (seen(vector, norm=norm), quality(told)))


def portrait(vector: np.ndarray) -> Portrait:
    return Portrait(vector, vector, 1.0, np.zeros((112, 112, 3), np.uint8), "")


STRANGERS = [glance(f"stranger-{at}", like(axis(0), 0.3, number=60)) for at in range(99)]
GALLERY = {"ann": [portrait(axis(0))], "bob": [portrait(axis(1)), portrait(axis(2))], "cid": []}
SETTINGS = MatchingSettings(known_similarity=0.6, per_tenfold=0.0, poor_relief=0.1, min_margin=0.05)


def judged(probes: list[Glance], strangers: list[Glance] = STRANGERS) -> Identification:
    return judge_identification(LineUp(GALLERY, probes, strangers, 0), MODEL, SETTINGS)


def test_a_probe_counts_where_it_gets_the_right_name_and_exceeds_all_but_one_in_a_hundred_strangers() -> None:
    lucky = glance("lucky", like(axis(0), 0.9, number=60))  # one of a hundred
    found = judged(
        [
            glance("ann", like(axis(0), 0.35)),
            glance("bob", like(axis(1), 0.7)),  # 0.49 to the mean of two portraits
            glance("bob", like(axis(0), 0.8)),  # somebody else's face
            glance("ann", like(axis(0), 0.29)),
            glance("cid", axis(9)),  # was never admitted
            Glance("ann", None),
        ],
        [*STRANGERS, lucky],
    )
    assert found.tpir_at_fpir_1e2 == pytest.approx(2 / 6) and found.rank1 == pytest.approx(3 / 6)
    assert (found.people, found.probes, found.strangers, found.without_face) == (3, 6, 100, 1)
    assert found.threshold == pytest.approx(0.3, abs=1e-4)
    assert found.as_set == AsSet(0.0, pytest.approx(1 / 6), pytest.approx(0.01))
    assert list(found.as_json())[:5] == ["tpir_at_fpir_0.01", "rank1", "people", "probes", "strangers"]


def test_the_score_is_that_of_the_product() -> None:
    poor = judged([glance("ann", like(axis(0), 0.25), told=0.4)])  # less is asked of it by 0.06
    between = judged(
        [glance("ann", (0.52 * axis(0) + 0.70 * (axis(1) + axis(2)) / 2 + 0.68 * axis(9)).astype(np.float32))]
    )
    nothing = judged([glance("ann", axis(0), norm=4.0)])
    assert (poor.tpir_at_fpir_1e2, between.tpir_at_fpir_1e2, nothing.tpir_at_fpir_1e2) == (1.0, 0.0, 0.0)
    assert (poor.rank1, between.rank1, nothing.rank1) == (1.0, 1.0, 0.0)


def test_people_are_enrolled_looked_for_and_told_from_strangers(
    shared: Path, shelf: ModelShelf, tmp_path: Path
) -> None:
    lfw = shared / "data" / "lfw" / "images"
    people = {person.name: sorted(person.iterdir()) for person in sorted(lfw.iterdir())}
    several = [name for name, paths in people.items() if len(paths) > 3][:6]
    single = [name for name, paths in people.items() if len(paths) == 1][:10]
    for name in (*several, *single):
        shutil.copytree(lfw / name, tmp_path / name)
    wall = np.full((250, 250, 3), 130, np.uint8)
    assert cv2.imwrite(str(tmp_path / several[0] / "0000.png"), wall)  # the first by name, without a face
    assert cv2.imwrite(str(tmp_path / single[0] / (people[single[0]][0].name)), wall)
    detector = load_detector(shelf.take("yunet"), DetectionSettings())
    assessor, recogniser = (
        load_assessor(shelf.take("measured")),
        load_recogniser(shelf.take("mobilefacenet"), detector.model),
    )
    sight = Sight(open_picture, detector, assessor, recogniser, EnrolmentSettings())
    told: list[tuple[int, int]] = []

    found = evaluate_identification(tmp_path, sight, MatchingSettings(), 3, lambda *done: told.append(done))

    pictures = sum(min(len(people[name]) - 3, 10) for name in several) + 1
    assert (found.people, found.probes, found.strangers) == (6, pictures, 10)
    assert (found.refused, found.without_face) == (1, 2)
    assert found.tpir_at_fpir_1e2 == pytest.approx(1 - 1 / pictures) == found.rank1  # but for the wall
    assert found.as_set.fpir == 0.0 and told[-1][0] == told[-1][1]


@pytest.mark.parametrize(("files", "said"), [(4, "1 and 0"), (3, "0 and 0"), (1, "0 and 1"), (0, "0 and 0")])
def test_a_folder_without_people_or_without_strangers_is_refused(tmp_path: Path, files: int, said: str) -> None:
    (tmp_path / "ann").mkdir()
    for number in range(files):
        (tmp_path / "ann" / f"{number}.jpg").touch()
    with pytest.raises(UsageError, match=f"more than 3 pictures and strangers with one; .* holds {said}"):
        look_at(tmp_path, None, 3)  # type: ignore[arg-type]  nothing is looked at
