"""Judges compared on drawn pictures, over a detector and a recogniser that see what a test foresees."""

from pathlib import Path

import numpy as np
import pytest

from mien.domain.errors import UsageError
from mien.domain.faces import CropSpec, Detections, EmbeddingModel, Embeddings, FaceCrops, Recognition
from mien.domain.frame import Pixels
from mien.domain.landmarks import ARCFACE_112
from mien.evaluation.discarding.comparison import ViewReader, compare_judges
from mien.evaluation.discarding.judges import SeenFace, judges
from mien.evaluation.verification import Pairs, read_pairs
from mien.sources.pixels import ArrayPixels

COLOURS = {"Red": (0, 0, 200), "Blue": (200, 0, 0), "Green": (0, 200, 0)}


class OneFace:
    """Finds one face in the middle of every picture that is not black."""

    model, landmarks = "one", "measured"

    def detect(self, pixels: Pixels) -> Detections:
        if pixels.bgr().max() < 40:
            return Detections.empty()
        score = np.array([pixels.bgr().max() / 255], np.float32)
        return Detections(np.array([[20, 20, 90, 110]], np.float32), score, np.array([ARCFACE_112], np.float32))

    def refine(self, pixels: Pixels, detections: Detections) -> Detections:
        return detections

    def prepare(self, width: int, height: int) -> None:
        """Nothing to load."""


class ColourRecogniser:
    """Embeds a face as the mean of its three channels, and judges the picture by how bright it is."""

    crop = CropSpec(112, ARCFACE_112, "bgr")
    model = EmbeddingModel("colour", "arcface-112", "one")

    def recognise(self, crops: FaceCrops) -> Recognition:
        means = crops.images.mean(axis=(1, 2)).astype(np.float32)
        norms = np.linalg.norm(means, axis=1)
        unit = means / np.maximum(norms, 1e-9)[:, None]
        return Recognition(Embeddings(unit, self.model), norms, means.max(axis=1) / 255)


def listed(tmp_path: Path) -> Pairs:
    lines = [f"{name}\t{1}\t{number}" for name in COLOURS for number in (2, 3)]
    lines += [f"{a}\t1\t{b}\t1" for a, b in (("Red", "Blue"), ("Blue", "Green"), ("Green", "Red"))] * 2
    path = tmp_path / "pairs.txt"
    path.write_text("6\n" + "\n".join(lines) + "\n")
    return read_pairs(path)


def open_picture(path: Path) -> Pixels:
    """A plain picture; the third of Red is dim and looks like nobody, the third of Green is black."""
    name, number = path.stem.split("_")
    colour = np.array(COLOURS[name])
    if (name, number) == ("Red", "0003"):
        colour = np.array((90, 90, 60))
    if (name, number) == ("Green", "0003"):
        colour = colour * 0
    return ArrayPixels(np.full((120, 120, 3), colour, np.uint8))


READER = ViewReader(open_picture, OneFace(), ColourRecogniser(), judges({}))


def test_each_judge_has_its_curve_and_what_is_told_is_what_was_agreed(tmp_path: Path) -> None:
    seen: list[tuple[int, int]] = []
    found = compare_judges(listed(tmp_path), tmp_path, READER, progress=lambda done, total: seen.append((done, total)))
    told = found.as_json()
    assert list(told) == ["fmr", "methods"] and told["fmr"] == 1e-3
    assert list(found.methods) == ["built-in", "sharpness", "detection-score", "embedding-norm"]
    built_in = found.methods["built-in"]
    assert built_in.fnmr["0.0"] == pytest.approx(2 / 6, abs=1e-6)  # the dim picture and no face
    assert built_in.fnmr["0.2"] == pytest.approx(1 / 5, abs=1e-6) and built_in.fnmr["0.4"] == 0
    assert seen[-1] == (9, 9)


def test_one_picture_of_each_pair_is_made_worse_the_same_way_for_one_seed(tmp_path: Path) -> None:
    views: list[tuple[int, ...]] = []

    def see(face: SeenFace) -> float:
        views.append(face.pixels.bgr().shape)
        return float(face.pixels.bgr().mean())

    reader = ViewReader(open_picture, OneFace(), ColourRecogniser(), {"light": see})
    first, again, other = (compare_judges(listed(tmp_path), tmp_path, reader, seed) for seed in (1, 1, 3))
    assert first == again != other
    assert len(views) > 3 * 12  # a worsened picture is a view of its own in each pair


def test_pairs_that_can_say_nothing_are_refused(tmp_path: Path) -> None:
    nobody_twice = Pairs(("Red/Red_0001.jpg",), ("Blue/Blue_0001.jpg",), np.array([False]), np.zeros(1, np.int64))
    alone = Pairs(("Red/Red_0001.jpg",), ("Red/Red_0002.jpg",), np.array([True]), np.zeros(1, np.int64))
    for pairs in (nobody_twice, alone):
        with pytest.raises(UsageError, match="at least two people"):
            compare_judges(pairs, tmp_path, READER)
    black = Pairs(
        ("Green/Green_0003.jpg",) * 2,
        ("Green/Green_0003.jpg", "Blue/Blue_0001.jpg"),
        np.array([True, False]),
        np.zeros(2, np.int64),
    )
    blind = ViewReader(lambda path: ArrayPixels(np.zeros((120, 120, 3), np.uint8)), OneFace(), ColourRecogniser(), {})
    with pytest.raises(UsageError, match="no face"):
        compare_judges(black, tmp_path, blind)
