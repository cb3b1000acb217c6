"""Shapes are seen as they are served, every label of a dataset is learnt, and the file answers like the perceptron."""

import json
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import onnx
import pytest

pytest.importorskip("torch", reason="making networks needs torch, which is not installed")

from tests.support.both_runtimes import run_in_both
from tests.support.lab import drawn, drawn_lot

from mien import inference
from mien.domain.emotions import EMOTION_LABELS
from mien.domain.errors import UsageError
from mien.inference.catalog import Catalog
from mien.inference.file_metadata import read_metadata
from mien.inference.installed import InstalledModel
from mien.inference.weights import WeightStore
from mien.lab.datasets.crops import Lot
from mien.lab.datasets.manifest import Facts, write_manifest
from mien.lab.learning.temperature import softmax
from mien.lab.recipe import read_table
from mien.lab.shapes.material import CROP_PX, crop_spec, find_shapes, plan_faces
from mien.lab.shapes.train import MODEL_FILE, ShapePerceptron, ShapeRecipe, as_onnx, run, temperature_of
from mien.vision.emotion.mesh_features import FEATURES
from mien.vision.mesh_network import MeshNetwork
from mien.vision.recognition.perceptron import Perceptron

TEMPLATE = ((14.4, 17.9), (32.6, 17.9), (23.5, 28.0), (16.1, 36.4), (30.9, 36.4))


@pytest.fixture(scope="module")
def network(take: Callable[[str], InstalledModel]) -> MeshNetwork:
    model = take("face-mesh")
    return MeshNetwork(model.load((1, *model.layout.shape)), model.layout)


def any_perceptron(inputs: int, classes: int) -> Perceptron:
    generator = np.random.default_rng(0)
    shapes = ((inputs,), (inputs,), (inputs, 6), (6,), (6, classes), (classes,))
    return Perceptron(*(generator.normal(0, 1, shape).astype(np.float32) for shape in shapes))


def test_the_file_answers_like_the_perceptron(tmp_path: Path) -> None:
    path, perceptron = tmp_path / "small.onnx", any_perceptron(5, 2)
    path.write_bytes(as_onnx(perceptron, 0.7, {"labels": '["near", "far"]'}))
    rows = np.random.default_rng(1).normal(0, 1, (9, 5)).astype(np.float32)
    expected = softmax(perceptron.answers(rows).astype(np.float64), 0.7)
    for outputs in run_in_both(path, rows[:, None, None]):
        np.testing.assert_allclose(outputs["probabilities"], expected, atol=1e-4)
    assert {entry.key: entry.value for entry in onnx.load(path).metadata_props} == {"labels": '["near", "far"]'}


def test_faces_are_cut_as_they_will_be_served(catalog: Catalog, weights: WeightStore, network: MeshNetwork) -> None:
    portrait = cv2.imread(str(weights.path(catalog.card("astronaut"))), cv2.IMREAD_GRAYSCALE)
    straight = cv2.resize(portrait[55:185, 160:290], (48, 48), interpolation=cv2.INTER_AREA)
    turn = cv2.getRotationMatrix2D((23.5, 23.5), 20, 1).astype(np.float32)
    turned = cv2.warpAffine(straight, turn, (48, 48))
    images, whole = np.stack([straight, turned]), np.eye(2, 3, dtype=np.float32)
    nothing = np.zeros((2, 8), np.float32)
    lot = Lot(
        images, np.stack([whole, turn]), whole, nothing, np.zeros(2, np.int64), nothing[:, :2], np.array(["", ""])
    )
    plan = plan_faces(Facts(EMOTION_LABELS, "a portrait", ready_made_px=48, template=TEMPLATE))
    given, aligned = (find_shapes(lot, cut, plan, network).features for cut in ("given", "aligned"))
    assert given.shape == aligned.shape == (2, FEATURES)
    np.testing.assert_array_equal(given[0], aligned[0])
    assert np.abs(aligned[1] - aligned[0]).mean() < 0.15, "aligned, the turned face is the straight one"
    spec = crop_spec(plan)
    assert spec.size == CROP_PX
    np.testing.assert_allclose((np.array(spec.template) + 0.5) / CROP_PX, (np.array(TEMPLATE) + 0.5) / 48, atol=1e-4)


def test_photographs_are_cut_as_large_as_the_classifier_takes_them() -> None:
    plan = plan_faces(Facts(EMOTION_LABELS, "photographs"))
    assert (plan.side_px, plan.is_ready_made) == (CROP_PX, False)


def test_a_set_of_seven_labels_makes_a_classifier_of_seven(network: MeshNetwork, tmp_path: Path) -> None:
    labels = EMOTION_LABELS[:7]
    faces = drawn(63, labels)
    write_manifest(replace(faces, label=np.arange(63) % 7), tmp_path / "seven")
    recipe = ShapeRecipe(perceptron=ShapePerceptron(hidden=8, epochs=2))
    found = run(recipe, tmp_path / "seven", network, tmp_path / "out")
    said = {entry.key: entry.value for entry in onnx.load(tmp_path / "out" / MODEL_FILE).metadata_props}
    assert tuple(json.loads(said["labels"])) == labels and json.loads(said["recipe"]) == recipe.model_dump()
    for outputs in run_in_both(tmp_path / "out" / MODEL_FILE, np.zeros((2, 1, 1, FEATURES), np.float32)):
        assert outputs["probabilities"].shape == (2, 7)
    kept = json.loads((tmp_path / "out" / "metrics.json").read_text())
    assert kept["verb"] == "train-mesh" and set(kept["val"]) == {"given", "aligned"}
    assert tuple(kept["val"]["aligned"]["labels"]) == labels and kept["fingerprint"] == found.metrics["fingerprint"]


def test_a_set_that_cannot_be_learnt_from_is_refused(network: MeshNetwork, tmp_path: Path) -> None:
    write_manifest(drawn(48, EMOTION_LABELS[:3]), tmp_path / "three")
    with pytest.raises(UsageError, match="has no picture of surprise to train on"):
        run(ShapeRecipe(), tmp_path / "three", network, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_the_temperature_is_that_of_faces_as_they_are_served() -> None:
    lot, aligned = drawn_lot(60), np.random.default_rng(1).normal(0, 1, (60, 2))
    both = temperature_of({"given": 9 * aligned, "aligned": aligned}, {"given": lot, "aligned": lot})
    assert both == temperature_of({"aligned": aligned}, {"aligned": lot})


def test_the_recipe_of_the_model_that_ships_says_how_it_was_made() -> None:
    recipe = read_table(Path(__file__).parents[3] / "recipes" / "fer8-mesh.toml", ShapeRecipe)
    assert recipe == ShapeRecipe()
    said = read_metadata(Path(inference.__file__).parent / "bundled" / "fer8_mesh.onnx")["recipe"]
    values = {name: float(value) for name, value in re.findall(r"(\w+)=([\d.]+)", said)}
    values["learning_rate"] = values.pop("peak_rate")
    assert values.pop("warm_share") == 0.3, "the one cycle that there is"
    assert values == recipe.perceptron.model_dump(exclude={"input_dropout"}) and not recipe.perceptron.input_dropout
