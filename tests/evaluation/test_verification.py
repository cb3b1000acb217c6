"""Pairs of pictures: reading the lists, thresholds, folds, and pictures without a face."""

from pathlib import Path

import numpy as np
import pytest

from mien.domain.errors import SourceUnreadable
from mien.domain.faces import CropSpec, Detections, EmbeddingModel, Embeddings, FaceCrops, Recognition
from mien.domain.frame import Pixels
from mien.domain.landmarks import ARCFACE_112
from mien.evaluation.faces import FaceReader, most_prominent
from mien.evaluation.verification import (
    Pairs,
    best_threshold,
    evaluate_verification,
    judge,
    newcombe,
    read_pairs,
    true_accept_rate,
    wilson,
)
from mien.sources.pixels import ArrayPixels


def test_one_list_is_read(tmp_path: Path) -> None:
    path = tmp_path / "pairs.txt"
    path.write_text("2\nAda\t1\t12\nBo_Li\t2\t3\nAda\t1\tBo_Li\t2\nAda\t12\tCy\t4\n", encoding="utf-8")
    pairs = read_pairs(path)
    assert pairs.first == ("Ada/Ada_0001.jpg", "Bo_Li/Bo_Li_0002.jpg", "Ada/Ada_0001.jpg", "Ada/Ada_0012.jpg")
    assert pairs.second[2:] == ("Bo_Li/Bo_Li_0002.jpg", "Cy/Cy_0004.jpg")
    assert pairs.is_same.tolist() == [True, True, False, False]
    assert pairs.fold.tolist() == [0, 0, 0, 0]


def test_ten_folds_are_read(tmp_path: Path) -> None:
    fold = "A\t1\t2\nB\t1\t2\nC\t1\t2\nA\t1\tB\t1\nB\t1\tC\t1\nC\t1\tA\t1\n"
    path = tmp_path / "pairs.txt"
    path.write_text("10\t3\n" + fold * 10, encoding="utf-8")
    pairs = read_pairs(path)
    assert len(pairs.first) == 60
    assert np.bincount(pairs.fold).tolist() == [6] * 10
    assert [int(pairs.is_same[pairs.fold == fold].sum()) for fold in range(10)] == [3] * 10


@pytest.mark.parametrize(
    "text",
    ["", "hello\n", "0\n", "2\nA\t1\t2\n", "1\nA\t1\t2\nA\t1\tB\n", "1\nA\t1\tx\nA\t1\tB\t1\n", "1\nA\t1\t2\nA\n"],
)
def test_other_files_are_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "pairs.txt"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(SourceUnreadable, match="pair"):
        read_pairs(path)


def pairs_of(is_same: list[bool], folds: list[int] | None = None) -> Pairs:
    names = tuple("x" for _ in is_same)
    return Pairs(names, names, np.array(is_same), np.array(folds or [0] * len(is_same)))


def test_one_list_is_judged_at_its_best_threshold() -> None:
    similarities = np.array([0.9, 0.8, 0.3, 0.5, 0.2, 0.1])
    result = judge(similarities, np.ones(6, dtype=bool), pairs_of([True, True, True, False, False, False]))
    assert result.accuracy == pytest.approx(5 / 6)
    assert 0.5 < result.threshold < 0.8 or 0.2 < result.threshold <= 0.3  # two thresholds err once
    assert result.threshold == pytest.approx(0.65)  # in the wider gap
    assert result.std == pytest.approx(np.sqrt(5 / 36 / 6))
    assert (result.pairs, result.skipped, result.pairs_without_face) == (6, 0, 0)


def test_each_fold_is_judged_at_the_threshold_of_the_others() -> None:
    is_same = [True, False] * 3
    folds = [0, 0, 1, 1, 2, 2]
    similarities = np.array([0.9, 0.1, 0.9, 0.1, 0.4, 0.35])  # at the others' threshold of 0.5 the last fold fails
    result = judge(similarities, np.ones(6, dtype=bool), pairs_of(is_same, folds))
    assert result.accuracy == pytest.approx((1 + 1 + 0.5) / 3)
    assert result.std == pytest.approx(np.std([1, 1, 0.5], ddof=1))


def test_a_picture_without_a_face_is_an_error_of_either_kind() -> None:
    similarities = np.array([0.9, 0.8, 0.0, 0.1, 0.2, 0.0])
    is_usable = np.array([True, True, False, True, True, False])
    result = judge(similarities, is_usable, pairs_of([True, True, True, False, False, False]))
    assert result.accuracy == pytest.approx(4 / 6)
    assert result.pairs_without_face == 2 and result.skipped == 0
    assert result.tar_at_far_1e2 == pytest.approx(2 / 3)


def test_the_best_threshold_separates_what_can_be_separated() -> None:
    assert best_threshold(np.array([0.1, 0.2, 0.6, 0.7]), np.array([False, False, True, True])) == pytest.approx(0.4)
    assert best_threshold(np.array([0.3, 0.4]), np.array([True, True])) < 0.3
    assert best_threshold(np.array([0.3, 0.4]), np.array([False, False])) > 0.4


def test_rates_are_those_at_the_stated_share_of_impostors() -> None:
    impostor = np.arange(1000) / 1000.0  # 0 … 0.999
    genuine = np.array([0.95, 0.985, 0.992, 0.9991])
    assert true_accept_rate(genuine, impostor, 0.01) == pytest.approx(2 / 4)  # above 0.989: ten impostors exceed it
    assert true_accept_rate(genuine, impostor, 0.001) == pytest.approx(1 / 4)
    assert np.isnan(true_accept_rate(genuine, np.array([]), 0.01))


def test_the_face_a_picture_is_about_is_large_and_in_the_middle() -> None:
    boxes = np.array([[0, 0, 60, 60], [90, 90, 150, 150], [110, 110, 130, 130]], np.float32)
    faces = Detections(boxes, np.array([0.9, 0.5, 0.99], np.float32), np.zeros((3, 5, 2), np.float32))
    assert most_prominent(faces, 250, 250) == [1]
    assert most_prominent(Detections.empty(), 250, 250) == []


class OneFace:
    """Finds one face in the middle of every picture that is not black."""

    model = "one"

    def detect(self, pixels: Pixels) -> Detections:
        if not pixels.bgr().any():
            return Detections.empty()
        landmarks = np.array([ARCFACE_112], np.float32)
        return Detections(np.array([[20, 20, 90, 110]], np.float32), np.ones(1, np.float32), landmarks)

    def refine(self, pixels: Pixels, detections: Detections) -> Detections:
        return detections


class ColourRecogniser:
    """Embeds a face as the mean of its three channels."""

    crop = CropSpec(112, ARCFACE_112, "bgr")
    model = EmbeddingModel("colour", "arcface-112", "one")

    def recognise(self, crops: FaceCrops) -> Recognition:
        means = crops.images.mean(axis=(1, 2)).astype(np.float32)
        norms = np.linalg.norm(means, axis=1)
        return Recognition(Embeddings(means / np.maximum(norms, 1e-9)[:, None], self.model), norms)


def test_pictures_are_embedded_once_and_pairs_judged(tmp_path: Path) -> None:
    colours = {"Red/Red_0001.jpg": (0, 0, 200), "Red/Red_0002.jpg": (0, 5, 90), "Blue/Blue_0001.jpg": (150, 0, 0)}
    opened: list[Path] = []

    def open_picture(path: Path) -> Pixels:
        opened.append(path)
        colour = colours.get(path.relative_to(tmp_path).as_posix(), (0, 0, 0))
        return ArrayPixels(np.full((112, 112, 3), colour, np.uint8))

    path = tmp_path / "pairs.txt"
    path.write_text("2\nRed\t1\t2\nBlue\t1\t2\nRed\t1\tBlue\t1\nRed\t2\tBlue\t1\n", encoding="utf-8")
    seen: list[tuple[int, int]] = []
    reader = FaceReader(open_picture, OneFace(), ColourRecogniser())
    result = evaluate_verification(read_pairs(path), tmp_path, reader, lambda done, total: seen.append((done, total)))
    assert sorted(opened) == sorted({*opened}) and len(opened) == 4
    assert seen == [(1, 4), (2, 4), (3, 4), (4, 4)]
    assert result.accuracy == 0.75  # Blue 2 is black: no face
    assert result.as_json()["pairs_without_face"] == 1
    assert set(result.as_json()) >= {
        *("accuracy", "std", "threshold", "tar_at_far_0.01", "tar_at_far_0.001", "pairs", "skipped"),
    }


@pytest.mark.parametrize(
    ("first", "second", "interval"),
    [
        ((56, 70), (48, 80), (0.0524, 0.3339)),
        ((9, 10), (3, 10), (0.1705, 0.8090)),
        ((6, 7), (2, 7), (0.0582, 0.8062)),
        ((5, 56), (0, 29), (-0.0381, 0.1926)),
    ],
)
def test_the_interval_of_a_difference_is_that_of_the_paper(
    first: tuple[int, int], second: tuple[int, int], interval: tuple[float, float]
) -> None:
    (right, count), (other, others) = first, second
    assert newcombe(right / count, count, other / others, others) == pytest.approx(interval, abs=3e-4)


@pytest.mark.parametrize("count", [1, 5, 30, 120])
def test_the_interval_of_a_share_is_one_of_shares(count: int) -> None:
    (low, _), (_, high) = wilson(0.0, count), wilson(1.0, count)
    assert (str(low), high) == ("0.0", 1.0)
