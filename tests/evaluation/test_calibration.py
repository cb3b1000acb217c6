"""Thresholds lie at the rates that the default recogniser's stand for, or there are none."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from mien.domain.errors import UsageError
from mien.domain.faces import EmbeddingModel, Embeddings
from mien.evaluation.calibration import (
    KNOWN_RATE,
    SAME_PERSON_RATE,
    STRANGER_RATE,
    TENFOLD_RATES,
    calibrate_recogniser,
)
from mien.evaluation.faces import FaceReader
from mien.evaluation.verification import Pairs, read_pairs, wilson
from mien.gallery.matching.thresholds import MatchingSettings
from mien.inference.installed import InstalledModel
from mien.settings.models import RecognitionSettings
from mien.sources.images import read_picture
from mien.sources.pixels import ArrayPixels
from mien.vision.detection.detector import DetectionSettings
from mien.vision.loading import load_detector, load_recogniser

USUAL = MatchingSettings()
MODEL = EmbeddingModel("drawn", "none", "drawn")


@dataclass
class Drawn:
    """Reads a vector of chance from a picture's name, alike where the person is; none of those without a face."""

    faceless: tuple[str, ...] = ()
    detector: SimpleNamespace = field(default_factory=lambda: SimpleNamespace(model="drawn"))

    def embed(self, path: Path) -> Embeddings:
        if path.as_posix() in self.faceless:
            return Embeddings(np.zeros((0, 64), np.float32), MODEL)
        person, picture = (np.random.default_rng([*text.encode()]).normal(size=64) for text in path.parts[-2:])
        vector = person + 0.5 * picture
        return Embeddings((vector / np.linalg.norm(vector))[None].astype(np.float32), MODEL)


def pairs_of(people: int, same: int) -> Pairs:
    names = [f"p{number}" for number in range(people)]
    alike = [(f"{name}/{name}_1", f"{name}/{name}_2") for name in names[:same]]
    others = [(f"{a}/{a}_1", f"{b}/{b}_1") for a, b in zip(names, names[1:] + names[:1], strict=True)]
    first, second = zip(*alike, *others, strict=True)
    return Pairs(first, second, np.arange(len(first)) < same, np.zeros(len(first), np.int64))


def test_thresholds_lie_at_their_rates() -> None:
    pairs, reader = pairs_of(340, 120), Drawn(faceless=("p0/p0_1",))
    found = calibrate_recogniser(pairs, Path(), reader, "drawn.txt")
    names = sorted({*pairs.first, *pairs.second} - {"p0/p0_1"})
    vectors = np.concatenate([reader.embed(Path(name)).vectors for name in names])
    people = np.array([name.split("/")[0] for name in names])
    strangers = (vectors @ vectors.T)[np.triu(people[:, None] != people[None], 1)]
    wanted = {
        found.thresholds["same_person"]: SAME_PERSON_RATE,
        found.settings["matching.known_similarity"]: KNOWN_RATE,
    }
    for threshold, rate in wanted.items():
        assert (strangers > threshold + 1e-3).mean() <= rate <= (strangers > threshold - 1e-3).mean()
    assert sorted(wanted) == list(wanted)
    measured = {one.name: one for one in found.measured}
    assert measured["accuracy"].value == pytest.approx(1 - 3 / 460, abs=0.02), "three pairs are without a face"
    assert measured["accuracy"].interval == pytest.approx(wilson(measured["accuracy"].value, 460), abs=1e-3)
    assert measured["accuracy"].on == "drawn.txt, 460 pairs, faces found by drawn, f32"
    assert measured["similarity_at_far_0.001"].on.startswith(f"{len(strangers):,} pairs of two people")
    tenfold = measured["similarity_at_far_0.0001"].value - measured["similarity_at_far_0.001"].value
    assert found.settings["matching.per_tenfold"] == pytest.approx(tenfold)
    beyond = np.log10(TENFOLD_RATES[1] / STRANGER_RATE)
    stranger = min(measured["similarity_at_far_0.0001"].value + beyond * tenfold, 1.0)
    assert found.settings["matching.stranger_similarity"] == pytest.approx(stranger, abs=1e-3)
    scale = tenfold / USUAL.per_tenfold
    assert found.settings["matching.strong"] == pytest.approx(USUAL.strong * scale, abs=1e-3)
    assert "matching.min_quality" not in found.settings


@pytest.mark.parametrize(
    ("people", "same", "told"), [(320, 99, "99, 320 and"), (299, 299, "299, 299 and"), (301, 100, "100, 301 and")]
)
def test_too_little_is_refused_before_the_work(people: int, same: int, told: str) -> None:
    class Idle:
        def embed(self, path: Path) -> Embeddings:
            raise AssertionError("nothing has to be looked at")

    with pytest.raises(UsageError, match=r"100 pairs of one person .* 300 people and 100,000 pairs of two") as caught:
        calibrate_recogniser(pairs_of(people, same), Path(), Idle(), "few.txt")
    assert told in str(caught.value) and "\n" not in str(caught.value)


def test_faces_that_are_not_found_do_not_count() -> None:
    pairs = pairs_of(340, 120)
    reader = Drawn(faceless=tuple(f"p{number}/p{number}_1" for number in range(60)))
    with pytest.raises(UsageError, match="found are 60, 340 and"):
        calibrate_recogniser(pairs, Path(), reader, "drawn.txt")


@pytest.mark.exhaustive  # a quarter of a minute of networks, for figures that change with the recogniser alone
def test_the_rates_are_those_of_the_default_recogniser(
    shared: Path, take: Callable[[str], InstalledModel], tmp_path: Path
) -> None:
    lines = (shared / "data" / "lfw" / "pairsDevTrain.txt").read_text().splitlines()
    some = tmp_path / "some.txt"
    some.write_text("\n".join(["120", *lines[1:1101:9][:120], *lines[1101::9][:120]]) + "\n")
    detector = load_detector(take("yunet"), DetectionSettings())
    recogniser = load_recogniser(take(RecognitionSettings().model), detector.model)
    reader = FaceReader(lambda path: ArrayPixels(read_picture(str(path), 1.0)), detector, recogniser)
    found = calibrate_recogniser(read_pairs(some), shared / "data" / "lfw" / "images", reader, some.name)
    settings = {place.partition(".")[2]: value for place, value in found.settings.items()}
    assert settings["known_similarity"] == pytest.approx(USUAL.known_similarity, abs=0.03)
    assert settings["stranger_similarity"] == pytest.approx(USUAL.stranger_similarity, abs=0.04)
    assert settings["per_tenfold"] == pytest.approx(USUAL.per_tenfold, abs=0.02)
    assert found.measured[0].value > 0.98
