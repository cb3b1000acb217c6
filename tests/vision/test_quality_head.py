"""The head that judges pictures from embeddings: what it computes, and that the one that ships tells good from poor."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from mien.domain.errors import ModelCorrupt
from mien.domain.faces import Quality
from mien.inference.catalog import Catalog
from mien.inference.installed import ModelShelf
from mien.sources.pixels import ArrayPixels
from mien.vision.alignment import align
from mien.vision.detection.detector import Detector
from mien.vision.quality.embedded import embedded_quality
from mien.vision.recognition.perceptron import Perceptron
from mien.vision.recognition.quality_head import QualityHead, read_head
from mien.vision.recognition.recogniser import Recogniser

HEAD = QualityHead(
    Perceptron(
        mean=np.array([1, 0], np.float32),
        scale=np.array([2, 1], np.float32),
        first=np.eye(2, dtype=np.float32),
        first_bias=np.array([0, -1], np.float32),
        second=np.array([[1], [2]], np.float32),
        second_bias=np.array([-2], np.float32),
    ),
    length_weight=np.float32(0.1),
    numbers=np.array([-2, 0, 3], np.float32),
    shares=np.array([0, 0.8, 1], np.float32),
)


def test_scores_are_the_shares_at_the_numbers_of_the_perceptron() -> None:
    rows = np.array([[2, 0], [1, 3], [0, 0]], np.float32)  # relu: (2, 0), (0, 2), (0, 0)
    numbers = np.array([0, 2, -2]) + 0.1 * np.linalg.norm(rows, axis=1)
    np.testing.assert_allclose(HEAD.foretold(rows), numbers, rtol=1e-6)
    np.testing.assert_allclose(HEAD.scores(rows), np.interp(numbers, HEAD.numbers, HEAD.shares), rtol=1e-6)
    assert HEAD.scores(rows[:0]).shape == (0,)


def test_a_file_that_is_no_head_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "head.npz"
    for content in (b"", b"nothing", b"PK\x03\x04 cut short"):
        path.write_bytes(content)
        with pytest.raises(ModelCorrupt, match="no head"):
            read_head(path)
    np.savez(path, mean=HEAD.perceptron.mean)
    with pytest.raises(ModelCorrupt, match="no head"):
        read_head(path)


def test_the_card_says_which_file_a_head_was_learnt_on(catalog: Catalog, shelf: ModelShelf) -> None:
    card = catalog.card("mobilefacenet")
    assert card.quality_head and card.quality_head.origin
    assert card.quality_head.origin.sha256 == card.files[0].sha256
    head = shelf.take("mobilefacenet").head
    assert head and head.name == card.quality_head.file


def test_a_picture_that_is_spoilt_scores_less(
    detector: Detector, recogniser: Recogniser, astronaut: ArrayPixels
) -> None:
    def score(image: np.ndarray) -> float:
        pixels = ArrayPixels(image)
        faces = detector.refine(pixels, detector.detect(pixels).select([0]))
        found = recogniser.recognise(align(pixels, faces.landmarks, recogniser.crop))
        assert found.quality is not None
        return float(found.quality[0])

    image = astronaut.bgr()
    small = cv2.resize(cv2.resize(image, (60, 60), interpolation=cv2.INTER_AREA), (512, 512))
    blurred = [cv2.GaussianBlur(image, (0, 0), sigma) for sigma in (1.5, 3, 5)]
    scores = [score(image), *map(score, blurred)]
    assert scores == sorted(scores, reverse=True) and scores[0] > 0.85
    assert score(small) < 0.6


def test_what_limits_a_face_is_still_what_was_measured(recogniser: Recogniser) -> None:
    crops = align(ArrayPixels(np.zeros((50, 50, 3), np.uint8)), np.zeros((0, 5, 2), np.float32), recogniser.crop)
    nobody = recogniser.recognise(crops)
    assert nobody.quality is not None and nobody.quality.shape == (0,)
    assert embedded_quality(Quality(np.zeros(0, np.float32), ()), nobody).reasons == ()
