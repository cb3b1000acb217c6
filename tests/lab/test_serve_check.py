"""What is served answers as what was trained, on whole photographs that go through detection and alignment too."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import cv2
import numpy as np
import pytest

pytest.importorskip("torch", reason="making networks needs torch, which is not installed")
pytest.importorskip("onnxscript", reason="exporting networks needs onnxscript, which is not installed")

from tests.lab.test_train import recipe_for
from tests.support.command import caught_here

import mien
from mien.domain.errors import ModelMismatch, ModelUnavailable
from mien.domain.faces import BoxCropSpec, CropSpec
from mien.inference.catalog import Catalog
from mien.inference.weights import WeightStore
from mien.lab import export, serve_check, train
from mien.lab.importing import ImportRecipe
from mien.lab.importing import run as import_dataset
from mien.lab.learning.trained import CALIBRATION, Calibration
from mien.lab.result import write_json
from mien.lab.serve_check import Analyse, ServeCheckRecipe
from mien.settings import Settings, load_settings
from mien.sources.images import read_picture
from mien.vision.emotion.classifier import EmotionClassifier
from mien.vision.importing import Wanted
from mien.vision.loading import load_classifier
from mien.wiring.importing import import_model
from mien.wiring.models import build_shelf
from mien.wiring.tuning.training import build_face_finder

Served = tuple[ServeCheckRecipe, EmotionClassifier, Analyse]


THRESHOLD = 0.3
"""Of two labels one is always surer."""


def photographs(portrait: Path, folder: Path) -> Path:
    """One portrait in many places and sizes, bright or dark: what a network can tell."""
    face = read_picture(str(portrait), 50)[:300, 60:360]
    for number in range(16):
        label = ("happy", "neutral")[number % 2]
        (folder / label).mkdir(parents=True, exist_ok=True)
        rng = np.random.default_rng(number)
        noise = rng.integers(0, 256, (360, 360, 3)).astype(np.uint8)
        image = np.ascontiguousarray(cv2.GaussianBlur(noise, (0, 0), 25) * 3)
        side, left, top = 150 + 5 * number, *rng.integers(0, 130, 2)
        shade = 1.0 if label == "happy" else 0.45
        image[top : top + side, left : left + side] = cv2.resize((face * shade).astype(np.uint8), (side, side))
        cv2.imwrite(str(folder / label / f"{number:02}.png"), image)
    return folder


@pytest.fixture(scope="module")
def served(weights: WeightStore, catalog: Catalog, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A network that learnt photographs, exported, imported and loaded, and what analyses with it."""
    folder = tmp_path_factory.mktemp("served")
    labels = folder / "labels.toml"
    labels.write_text("[labels]\nneutral = []\nhappiness = []\n")
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("MIEN_HOME", str(folder / "home"))
        try:
            settings = load_settings()
            finder = build_face_finder(settings, build_shelf(settings))
            pictures = photographs(weights.path(catalog.card("astronaut")), folder / "pictures")
        except ModelUnavailable as error:
            pytest.skip(str(error))
        import_dataset(ImportRecipe(pictures, folder / "set", classes=str(labels), split="50/50/0"), finder)
        train.run(recipe_for(folder / "set", **{"training.epochs": 6, "training.batch": 4}), folder / "run")
        write_json(folder / "run" / CALIBRATION, {"calibration": Calibration(abstention=THRESHOLD)})
        file = export.run(export.ExportRecipe(folder / "run", formats=("onnx",))).folder / "model.onnx"
        import_model(settings, Wanted("lab", (file,), "mine"))
        yield from _analysing(folder / "run", load_settings(chosen={"emotion": "mine"}))


def _analysing(run: Path, settings: Settings) -> Iterator[Served]:
    model = build_shelf(settings).take("mine", settings.emotion.precision)
    with mien.Analyzer(settings) as analyzer:
        recipe = ServeCheckRecipe(run, "mine", model.precision, abstention=THRESHOLD)
        yield recipe, load_classifier(model), analyzer.picture


def test_photographs_are_read_as_they_were_learnt(served: Served, weights: WeightStore, catalog: Catalog) -> None:
    recipe, classifier, analyse = served
    recipe = replace(recipe, picture=weights.path(catalog.card("astronaut")))
    found = serve_check.run(recipe, classifier, analyse)
    told = found.metrics["pictures"]
    assert told["read_as"] == "mien analyze" and told["faces"] == told["given"] >= 6 and not found.notices
    assert told["mean_difference"] <= told["difference"] < 0.01 < told["tolerance"] and told["same_winners"] == 1
    (face,) = found.metrics["analysed"]
    assert face["emotion"] in ("neutral", "happiness")

    def turned_around(picture: Path | np.ndarray) -> list[mien.FaceReading]:
        is_named = picture == recipe.picture
        return [replace(one, probabilities=one.probabilities[:: -1 if is_named else 1]) for one in analyse(picture)]

    with pytest.raises(ModelMismatch, match=r"mine on .*astronaut.* differs from the run by"):
        serve_check.run(recipe, classifier, turned_around)


def test_a_threshold_of_another_calibration_is_told(served: Served) -> None:
    recipe, classifier, analyse = served
    told = "mine says nothing below a confidence of 0.6275, the run below 0.3: after mien models remove mine, export it"
    with pytest.raises(ModelMismatch, match=told):
        serve_check.run(replace(recipe, abstention=0.6275), classifier, analyse)


def test_the_command_takes_the_threshold_of_the_card_and_tells_who_is_unsure(
    served: Served, weights: WeightStore, catalog: Catalog, tmp_path: Path
) -> None:
    careful = tmp_path / "careful.yaml"
    careful.write_text("smoothing: {min_confidence: 0.999999}\n")
    verb = "lab", "serve-check", str(served[0].run), "--name", "mine", "--config", str(careful)
    picture = str(weights.path(catalog.card("astronaut")))
    ended = caught_here(*verb, "--picture", picture)
    assert ended.code == 0, ended.err
    assert "face: unsure (" in ended.out


def test_whole_pictures_that_are_read_otherwise_are_told(served: Served) -> None:
    recipe, classifier, analyse = served

    def turned_around(picture: Path | np.ndarray) -> list[mien.FaceReading]:
        return [replace(face, probabilities=face.probabilities[::-1]) for face in analyse(picture)]

    with pytest.raises(ModelMismatch, match="mine on whole pictures differs from the run by"):
        serve_check.run(recipe, classifier, turned_around)
    with pytest.raises(ModelMismatch, match=r"none of .* could be compared: mien analyze does not find the face"):
        serve_check.run(recipe, classifier, lambda _: ())


def test_another_crop_than_that_of_the_run_is_told(served: Served) -> None:
    recipe, classifier, analyse = served
    assert isinstance(classifier.crop, CropSpec)
    wider = replace(classifier.crop, template=tuple((x + 1, y) for x, y in classifier.crop.template))
    other = replace(classifier.crop, channels="grey" if classifier.crop.channels == "bgr" else "bgr")
    for crop in (wider, other, BoxCropSpec(wider.size, 1.0, wider.channels)):
        otherwise = SimpleNamespace(crop=crop, labels=classifier.labels, classify=classifier.classify)
        with pytest.raises(ModelMismatch, match=r"takes faces cut as .*, the run as CropSpec"):
            serve_check.run(recipe, otherwise, analyse)
