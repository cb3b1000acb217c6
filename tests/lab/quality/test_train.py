"""A head is learnt by the recipe alone; a broken picture is left out and told; too few people are told before hours."""

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch", reason="making networks needs torch, which is not installed")

from mien.domain.errors import SourceUnreadable, UsageError
from mien.inference.installed import InstalledModel, ModelShelf
from mien.inference.session import RuntimeSettings
from mien.inference.weights import WeightStore
from mien.lab.quality import train
from mien.lab.quality.head import HeadPerceptron
from mien.lab.quality.material import Embedder, Pictures, gather
from mien.settings.tree import Settings
from mien.sources.images import read_picture
from mien.sources.pixels import ArrayPixels
from mien.vision.detection.detector import DetectionSettings
from mien.vision.loading import load_detector, load_recogniser
from mien.vision.recognition.quality_head import read_head
from mien.wiring.tuning.training import build_embedder

RECIPE = train.HeadRecipe(variants=1, folds=2, perceptron=HeadPerceptron(hidden=8, epochs=2))


class DrawnEmbedder(Embedder):
    """Draws an embedding by the name of a file; sees no face in empty ones, and cannot read broken ones."""

    def __init__(self) -> None:
        pass

    def embed(self, path: Path, seed: object) -> np.ndarray | None:
        if path.name.startswith("broken"):
            raise SourceUnreadable(f"{path} cannot be read")
        if path.name.startswith("empty"):
            return None
        person = np.random.default_rng(int(path.parent.name.split("-")[1])).normal(size=16)
        noise = np.random.default_rng(len(path.name) + (seed is not None)).normal(size=16)
        return (person + (1.0 if seed else 0.2) * noise).astype(np.float32)


def people(folder: Path, count: int, each: int, name: str = "face") -> Path:
    for person in range(count):
        (folder / f"person-{person}").mkdir(parents=True)
        for number in range(each):
            (folder / f"person-{person}" / f"{name}-{'i' * number}.jpg").write_bytes(b"a picture")
    return folder


def test_a_broken_picture_is_left_out_and_told(tmp_path: Path) -> None:
    lfw = people(tmp_path / "lfw", 30, 4)
    whole = train.run(RECIPE, Pictures.of(lfw), DrawnEmbedder(), tmp_path / "whole")
    (lfw / "person-3" / "broken.jpg").write_bytes(b"\xff\xd8 cut off")
    found = train.run(RECIPE, Pictures.of(lfw), DrawnEmbedder(), tmp_path / "out")
    (notice,) = found.notices
    assert notice.startswith("1 of 121 pictures could not be read and were left out, such as ")
    assert notice.endswith("broken.jpg") and whole.notices == ()
    assert json.loads((tmp_path / "out" / "metrics.json").read_text())["unreadable"] == 1
    assert found.metrics["fingerprint"] == whole.metrics["fingerprint"], "nothing was learnt from it"
    for name in ("head.npz", "fold-0.npz", "fold-1.npz"):
        head = read_head(tmp_path / "out" / name)
        assert np.isfinite(head.shares).all() and np.isfinite(head.perceptron.first).all()
    with pytest.raises(UsageError, match="holds what mien lab train-quality made, which would be lost"):
        train.run(RECIPE, Pictures.of(lfw), Embedder(None, None, None), tmp_path / "out")


def test_too_few_people_are_told_before_anything_is_embedded(tmp_path: Path) -> None:
    two = Pictures.of(people(tmp_path / "two", 2, 100))
    with pytest.raises(UsageError, match=r"24 of them in each of 5 folds, found 400, 0 in one fold: bring more people"):
        train.run(RECIPE.model_copy(update={"folds": 5}), two, Embedder(None, None, None), tmp_path / "out")
    alone = Pictures.of(people(tmp_path / "alone", 300, 1))
    with pytest.raises(UsageError, match=r"of people with several, .* found 0, 0 in one fold"):
        train.run(RECIPE, alone, Embedder(None, None, None), tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_pictures_without_faces_are_told(tmp_path: Path) -> None:
    empty = people(tmp_path / "empty", 30, 4, "empty")
    (empty / "person-0" / "broken.jpg").touch()
    with pytest.raises(UsageError, match=r"^found no face in 121 pictures, 1 of which cannot be read$"):
        train.run(RECIPE, Pictures.of(empty), DrawnEmbedder(), tmp_path / "out")
    some = people(tmp_path / "some", 30, 3)
    for person in some.iterdir():
        (person / "empty.jpg").touch()
    with pytest.raises(UsageError, match=r"found 180, \d+ in one fold"):
        train.run(RECIPE, Pictures.of(some), DrawnEmbedder(), tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_faces_are_embedded_as_for_the_head_that_ships_whatever_the_settings_say(
    take: Callable[[str], InstalledModel], shelf: ModelShelf, weights: WeightStore, tmp_path: Path
) -> None:
    portrait = weights.path(shelf.catalog.card("astronaut"))
    plain = DetectionSettings()
    recogniser = load_recogniser(replace(take("mobilefacenet"), head=None), "yunet")
    expected = Embedder(
        lambda path: ArrayPixels(read_picture(str(path), 100)), load_detector(take("yunet"), plain), recogniser
    )
    settings = Settings(
        home=tmp_path,
        runtime=RuntimeSettings(precision="bf16"),
        detection=replace(plain, min_score=0.99, long_side_px=64, precision="bf16"),
    )
    embedder = build_embedder(settings, replace(shelf, precision="bf16"), "yunet", "mobilefacenet")
    assert embedder.recogniser.model == recogniser.model and recogniser.model.precision == "f32"
    (tmp_path / "faces" / "ann").mkdir(parents=True)
    for name in ("1.png", "2.png"):
        shutil.copy(portrait, tmp_path / "faces" / "ann" / name)
    (tmp_path / "faces" / "ann" / "3.jpg").write_bytes(b"\xff\xd8\xff cut off")
    pictures = Pictures.of(tmp_path / "faces")
    found, wanted = (gather(pictures, 2, 1, one) for one in (embedder, expected))
    np.testing.assert_array_equal(found.vectors, wanted.vectors)
    assert found.unreadable == {2} and len(found.vectors) >= 3 and found.is_spoilt.any()
