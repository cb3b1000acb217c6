"""The evaluations on the material beside the checkout: short forms of the benchmarks, whose numbers must hold."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from mien.domain.frame import Pixels
from mien.evaluation.detection import FLOOR_SCORE, evaluate_detection, read_truth
from mien.evaluation.emotion import ExpressionReader, evaluate_emotion
from mien.evaluation.expressions import LabelledPictures, read_parquet
from mien.evaluation.faces import FaceReader
from mien.evaluation.verification import Pairs, evaluate_verification, read_pairs
from mien.inference.installed import ModelShelf
from mien.sources.images import read_picture
from mien.sources.pixels import ArrayPixels
from mien.vision.detection.detector import DetectionSettings
from mien.vision.loading import load_classifier, load_detector, load_recogniser

PAIRS = 120


def open_picture(path: Path) -> Pixels:
    return ArrayPixels(read_picture(str(path), 100.0))


@pytest.mark.exhaustive
def test_faces_of_the_wider_subset_are_found(shared: Path, shelf: ModelShelf) -> None:
    in_use = DetectionSettings()
    settings = replace(in_use, min_score=FLOOR_SCORE, min_face_px=1)
    detector = load_detector(shelf.take(in_use.model), settings)
    wider = shared / "data" / "wider"
    quality = evaluate_detection(
        read_truth(wider / "truth.json"), wider / "images", open_picture, detector, in_use.min_score
    )
    assert (quality.images, quality.faces_16px, quality.faces) == (100, 216, 2656)
    assert quality.recall_16px_at_p90 >= 0.80
    low, high = quality.recall_16px_at_p90_interval
    assert low < quality.recall_16px_at_p90 < high
    assert quality.precision_16px >= 0.9 and quality.recall_16px >= 0.78
    assert quality.ap < quality.ap_16px


def test_pairs_of_labeled_faces_are_told_apart(shared: Path, shelf: ModelShelf) -> None:
    every = read_pairs(shared / "data" / "lfw" / "pairsDevTrain.txt")
    assert len(every.first) == 2200 and every.is_same.sum() == 1100
    chosen = np.random.default_rng(0).permutation(2200)[:PAIRS]
    pairs = Pairs(
        tuple(every.first[row] for row in chosen),
        tuple(every.second[row] for row in chosen),
        every.is_same[chosen],
        every.fold[chosen],
    )
    detector = load_detector(shelf.take("yunet"), DetectionSettings())
    recogniser = load_recogniser(shelf.take("mobilefacenet"), detector.model)
    result = evaluate_verification(
        pairs, shared / "data" / "lfw" / "images", FaceReader(open_picture, detector, recogniser)
    )
    assert result.accuracy >= 0.98
    assert 0.15 < result.threshold < 0.35
    assert result.pairs == PAIRS and result.pairs_without_face == 0


@pytest.mark.exhaustive
def test_expressions_of_ferplus_are_read(shared: Path, shelf: ModelShelf) -> None:
    classifier = load_classifier(shelf.take("fer8-mobilefacenet"))
    detector = load_detector(shelf.take("yunet"), DetectionSettings())
    pictures = read_parquet(shared / "data" / "ferplus" / "ferplus.parquet")
    assert len(pictures) > 3000
    some = slice(0, None, 3)
    result = evaluate_emotion(
        LabelledPictures(pictures.openers[some], pictures.truth[some]), ExpressionReader(detector, classifier)
    )
    assert result.accuracy >= 0.82 and result.unanswered == 0
    assert result.macro_recall > 0.5 and result.ece < 0.1
