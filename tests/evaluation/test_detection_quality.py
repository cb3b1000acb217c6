"""Recall and precision on hand-made cases, small boxes ignored on both sides."""

import json
from pathlib import Path

import numpy as np
import pytest

from mien.domain.errors import SourceUnreadable
from mien.domain.faces import Detections
from mien.domain.frame import Pixels
from mien.evaluation.detection import (
    MarkedPicture,
    Stratum,
    Verdicts,
    average_precision,
    evaluate_detection,
    judge,
    judge_picture,
    read_truth,
    recall_at_precision,
)
from mien.sources.pixels import ArrayPixels
from mien.vision.detection.detector import LandmarkOrigin


def found(*faces: tuple[float, float, float, float, float]) -> Detections:
    rows = np.array(faces, np.float32).reshape(-1, 5)
    return Detections(rows[:, :4], rows[:, 4], np.zeros((len(rows), 5, 2), np.float32))


def boxes(*rows: tuple[float, ...]) -> np.ndarray:
    return np.array(rows, np.float32).reshape(-1, 4)


LARGE, SMALL = (0, 0, 40, 40), (100, 100, 110, 110)


def test_a_face_is_found_once() -> None:
    verdicts = judge_picture(boxes(LARGE), found((*LARGE, 0.9), (2, 2, 42, 42, 0.8)), 16)
    assert verdicts.is_face.tolist() == [True, False]
    assert verdicts.truths == 1


def test_small_truths_and_small_detections_are_ignored() -> None:
    verdicts = judge_picture(
        boxes(LARGE, SMALL),
        found((*SMALL, 0.95), (*LARGE, 0.9), (300, 300, 308, 308, 0.85), (200, 200, 240, 240, 0.7)),
        16,
    )
    assert verdicts.truths == 1
    assert verdicts.is_face.tolist() == [True, False]  # the large face, and the large error
    np.testing.assert_allclose(verdicts.scores, [0.9, 0.7])


def test_a_large_box_on_a_small_truth_is_ignored_and_a_small_one_on_a_large_truth_counts() -> None:
    ignored = judge_picture(boxes((0, 0, 15, 15)), found((0, 0, 17, 17, 0.9)), 16)
    assert len(ignored.scores) == 0
    counted = judge_picture(boxes((0, 0, 17, 17)), found((0, 0, 15, 15, 0.9)), 16)
    assert counted.is_face.tolist() == [True]


def test_the_truth_that_counts_is_preferred() -> None:
    truths = boxes((0, 0, 40, 15), (0, 0, 40, 20))
    verdicts = judge_picture(truths, found((0, 0, 40, 16, 0.9)), 16)  # nearer to the one that is ignored
    assert verdicts.is_face.tolist() == [True]


def test_too_little_overlap_is_an_error() -> None:
    assert judge_picture(boxes(LARGE), found((0, 0, 40, 19, 0.9)), 16).is_face.tolist() == [False]
    assert judge_picture(boxes(), found((*LARGE, 0.9)), 16).is_face.tolist() == [False]
    assert judge_picture(boxes(LARGE), found(), 16).truths == 1


def verdicts(scores: list[float], is_face: list[bool], truths: int) -> Verdicts:
    return Verdicts(np.array(scores, np.float32), np.array(is_face, dtype=bool), truths)


def test_recall_is_the_highest_at_the_asked_precision() -> None:
    # precision after each: 1, 1, 2/3, 3/4, 4/5
    one, other = verdicts([0.9, 0.7], [True, False], 3), verdicts([0.8, 0.6, 0.5], [True, True, True], 2)
    assert recall_at_precision([one, other], 0.9) == pytest.approx(2 / 5)
    assert recall_at_precision([one, other], 0.8) == pytest.approx(4 / 5)
    assert recall_at_precision([verdicts([0.9], [False], 2)], 0.9) == 0


def test_equal_scores_are_taken_together() -> None:
    assert recall_at_precision([verdicts([0.9, 0.9], [True, False], 1)], 0.9) == 0


def test_average_precision_is_the_area_under_the_envelope() -> None:
    assert average_precision([verdicts([0.9, 0.8], [True, True], 2)]) == pytest.approx(1)
    # recall 0.5 at precision 1, recall 1 at precision 2/3
    assert average_precision([verdicts([0.9, 0.8, 0.7], [True, False, True], 2)]) == pytest.approx(0.5 + 0.5 * 2 / 3)
    assert average_precision([verdicts([], [], 4)]) == 0


def test_the_whole_judgement() -> None:
    truth = [MarkedPicture("a.jpg", boxes(LARGE, SMALL)), MarkedPicture("b.jpg", boxes(LARGE))]
    quality = judge(truth, [found((*LARGE, 0.9), (*SMALL, 0.7)), found((*LARGE, 0.3), (100, 0, 150, 50, 0.65))], 0.6)
    assert quality.recall_16px_at_p90 == 0.5
    assert quality.recall_16px == 0.5 and quality.precision_16px == 0.5
    assert quality.recall_all == pytest.approx(2 / 3)
    assert (quality.images, quality.faces_16px, quality.faces) == (2, 2, 3)
    low, high = quality.recall_16px_at_p90_interval
    assert low <= 0.5 <= high


def test_strata_count_each_face_where_its_shorter_side_puts_it() -> None:
    middle, tall = (200, 0, 231, 60), (0, 100, 70, 164)
    truth = [MarkedPicture("a.jpg", boxes(LARGE, SMALL, middle, tall))]
    faces = found((*LARGE, 0.9), (*SMALL, 0.5), (*middle, 0.8), (300, 300, 320, 320, 0.7))
    strata = judge(truth, [faces], 0.6).strata
    assert {name: (stratum.faces, stratum.recall, stratum.recall_at_p90) for name, stratum in strata.items()} == {
        "8-16px": (1, 0.0, 1.0),  # found, but below the score in use
        "16-32px": (1, 1.0, 1.0),  # the error of 20 px scores less
        "32-64px": (1, 1.0, 1.0),
        "64px": (1, 0.0, 0.0),
    }
    worse = found((300, 300, 320, 320, 0.95), (*middle, 0.8), (400, 0, 500, 100, 0.99))
    strata = judge(truth, [worse], 0.6).strata
    assert (strata["16-32px"].recall, strata["16-32px"].recall_at_p90) == (1.0, 0.0)  # only errors of its size matter
    assert strata["32-64px"] == Stratum(1, 0.0, 0.0)


class Corner:
    """Finds a face in the upper left corner of every picture."""

    model = "corner"
    landmarks: LandmarkOrigin = "approximate"

    def detect(self, pixels: Pixels) -> Detections:
        return found((0, 0, pixels.width / 4, pixels.height / 4, 0.9))

    def refine(self, pixels: Pixels, detections: Detections) -> Detections:
        return detections


def test_files_are_read_and_judged(tmp_path: Path) -> None:
    truth = {"images": [{"file": "a.png", "boxes": [[0, 0, 40, 40]]}, {"file": "b.png", "boxes": []}]}
    (tmp_path / "truth.json").write_text(json.dumps(truth), encoding="utf-8")
    done: list[int] = []
    quality = evaluate_detection(
        read_truth(tmp_path / "truth.json"),
        tmp_path,
        lambda path: ArrayPixels(np.zeros((160, 160, 3), np.uint8)),
        Corner(),
        0.6,
        lambda number, total: done.append(number),
    )
    assert quality.recall_16px == 1 and quality.precision_16px == 0.5
    assert done == [1, 2]


@pytest.mark.parametrize("text", ["[1, 2]", "{}", "no JSON", '{"images": [{"boxes": []}]}'])
def test_other_files_are_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "truth.json").write_text(text, encoding="utf-8")
    with pytest.raises(SourceUnreadable, match=r"truth\.json"):
        read_truth(tmp_path / "truth.json")
