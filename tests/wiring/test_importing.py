"""Every official file that can be had comes in as with `mien models import`, and does what the shipped model does."""

from collections.abc import Callable, Sequence
from dataclasses import fields, is_dataclass, replace
from pathlib import Path

import cv2
import numpy as np
import onnx
import pytest
from tests.support.installed import Take

from mien.domain.faces import Detections
from mien.inference.catalog import load_catalog
from mien.inference.home_models import HomeModels
from mien.inference.installed import InstalledModel, ModelShelf
from mien.inference.model_card import Checkpoint
from mien.inference.onnx_runtime import OnnxRuntime
from mien.inference.session import Runtime
from mien.inference.weights import WeightStore
from mien.settings.tree import Settings
from mien.sources.pixels import ArrayPixels
from mien.vision.answering import Answer, answering
from mien.vision.detection.detector import DetectionSettings
from mien.vision.importing import Wanted
from mien.vision.loading import load_detector
from mien.wiring.importing import import_model

OFFICIAL = [card.name for card in load_catalog().cards() if card.files and card.task != "demo"]
LARGER = ("centerface", "edgeface-xs", "retinaface-mobilenet", "scrfd-2.5g", "yolov5n-face")
SETTINGS = DetectionSettings(long_side_px=512)
Bring = Callable[[str, Sequence[Path]], InstalledModel]


@pytest.fixture
def bring(tmp_path: Path, runtime: Runtime) -> Bring:
    """Imports files into a home of their own and takes the model from there."""

    def bring(family: str, files: Sequence[Path]) -> InstalledModel:
        home = tmp_path / "home"
        import_model(Settings(home=home), Wanted(family, tuple(files), "mine"))
        weights = WeightStore(tmp_path / "cache", home=home)
        return ModelShelf(load_catalog(home=home), weights, HomeModels(home), runtime, ("mine",), "f32").take("mine")

    return bring


@pytest.fixture(scope="module")
def portrait(take: Take) -> ArrayPixels:
    return ArrayPixels(cv2.imread(str(take("astronaut").paths[0])))


@pytest.fixture(scope="module")
def faces(take: Take, portrait: ArrayPixels) -> Detections:
    return load_detector(take("yunet"), SETTINGS).detect(portrait)


def delivered(model: InstalledModel, weights: WeightStore) -> tuple[Path, ...]:
    """The files of a shipped model as their sources deliver them, before any conversion."""
    return weights.paths(replace(model.card, files=tuple(replace(file, conversion=None) for file in model.card.files)))


def numbers(answer: object) -> list[np.ndarray]:
    """All arrays in an answer."""
    if isinstance(answer, np.ndarray):
        return [answer]
    parts = [getattr(answer, field.name) for field in fields(answer)] if is_dataclass(answer) else []
    return [array for part in parts for array in numbers(part)]


def assert_same(found: Answer, expected: Answer) -> None:
    pairs = list(zip(numbers(found), numbers(expected), strict=True))
    assert pairs and all(len(array) for _, array in pairs)
    for array, same in pairs:
        np.testing.assert_allclose(array, same, rtol=1e-4, atol=1e-5)


def answer(model: InstalledModel, portrait: ArrayPixels, faces: Detections) -> Answer:
    """What a model says of the face, by the runtime that compiles nothing first: importing showed that both agree."""
    return answering(replace(model, runtime=OnnxRuntime()), SETTINGS)(portrait, faces)


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=pytest.mark.exhaustive) if name in LARGER else name for name in OFFICIAL]
)
def test_an_official_file_becomes_the_model_that_ships(
    name: str, take: Take, weights: WeightStore, bring: Bring, portrait: ArrayPixels, faces: Detections
) -> None:
    shipped = take(name)
    if not load_catalog().family(shipped.card.family).formats:
        pytest.skip(f"{shipped.card.family} runs on what mien brings along: nothing of it can be imported")
    imported = bring(shipped.card.family, delivered(shipped, weights))
    for what in ("input", "output", "labels", "thresholds", "settings", "has_landmarks", "allowed_use"):
        assert getattr(imported.card, what) == getattr(shipped.card, what), what
    origins = [Checkpoint(file.file, file.size_bytes, file.sha256) for file in shipped.card.files]
    assert [file.origin for file in imported.card.files] == origins
    assert_same(*(answer(model, portrait, faces) for model in (imported, shipped)))


@pytest.mark.parametrize(
    "name", ["mtcnn", pytest.param("centerface", marks=pytest.mark.exhaustive), "fer8-mobilefacenet"]
)
def test_so_does_a_file_that_the_catalogue_does_not_know(
    name: str, take: Take, bring: Bring, portrait: ArrayPixels, faces: Detections, tmp_path: Path
) -> None:
    shipped = take(name)
    copies = []
    for path in shipped.paths:
        model = onnx.load(path)
        model.doc_string = "the same network, written anew"
        copies.append(tmp_path / path.name)
        onnx.save(model, copies[-1])
    imported = bring(shipped.card.family, copies)
    assert imported.card.input == shipped.card.input
    assert (imported.card.labels, imported.card.output) == (shipped.card.labels, shipped.card.output)
    assert_same(*(answer(model, portrait, faces) for model in (imported, shipped)))
