"""The perceptron learns, the same way every time, and the file that is written answers like it."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import onnx
import pytest
from tests.support.both_runtimes import run_in_both

from mien.inference.catalog import Catalog
from mien.inference.installed import InstalledModel
from mien.inference.weights import WeightStore
from mien.lab.datasets.crops import Lot
from mien.lab.learning.temperature import softmax
from mien.lab.shapes.mesh_expressions import CROP_PX, crop_spec, export, find_shapes
from mien.lab.shapes.perceptron import Perceptron, PerceptronRecipe, fit
from mien.vision.emotion.mesh_features import FEATURES
from mien.vision.mesh_network import MeshNetwork

RECIPE = PerceptronRecipe(hidden=16, epochs=40, batch=32, peak_rate=0.02, dropout=0.1)


def rings(n: int = 200) -> tuple[np.ndarray, np.ndarray]:
    """Two views of points within and beyond a circle, which no plane parts, and soft labels that say which is which."""
    generator = np.random.default_rng(0)
    points = generator.normal(0, 1, (n, 2)).astype(np.float32)
    is_far = np.linalg.norm(points, axis=1) > 1.1
    targets = np.where(is_far[:, None], [0.1, 0.9], [0.9, 0.1]).astype(np.float32)
    return np.stack([points, -points]) * 5 + 100, targets


@pytest.fixture(scope="module")
def learnt() -> Perceptron:
    return fit(*rings(), RECIPE)


def test_what_no_plane_parts_is_learnt(learnt: Perceptron) -> None:
    variants, targets = rings()
    shares = softmax(learnt.logits(variants[0]).astype(np.float64))
    assert (shares.argmax(axis=1) == targets.argmax(axis=1)).mean() > 0.93
    assert 0.7 < shares.max(axis=1).mean() < 0.9, "it is no surer than the labels are"


def test_the_same_seed_learns_the_same(learnt: Perceptron) -> None:
    np.testing.assert_array_equal(fit(*rings(), RECIPE).first, learnt.first)
    assert not np.array_equal(fit(*rings(), replace(RECIPE, seed=8)).first, learnt.first)


def test_the_file_answers_like_the_perceptron(learnt: Perceptron, tmp_path: Path) -> None:
    path = tmp_path / "small.onnx"
    export(learnt, 0.7, {"labels": '["near", "far"]', "licence": "Apache-2.0"}, path)
    rows = rings()[0][0][:9]
    expected = softmax(learnt.logits(rows).astype(np.float64), 0.7)
    for outputs in run_in_both(path, rows[:, None, None]):
        np.testing.assert_allclose(outputs["probabilities"], expected, atol=1e-4)
    said = {entry.key: entry.value for entry in onnx.load(path).metadata_props}
    assert said == {"labels": '["near", "far"]', "licence": "Apache-2.0"}


TEMPLATE = np.array([(14.4, 17.9), (32.6, 17.9), (23.5, 28.0), (16.1, 36.4), (30.9, 36.4)], np.float32)


def test_faces_are_cut_as_they_will_be_served(
    catalog: Catalog, weights: WeightStore, take: Callable[[str], InstalledModel]
) -> None:
    portrait = cv2.imread(str(weights.path(catalog.card("astronaut"))), cv2.IMREAD_GRAYSCALE)
    straight = cv2.resize(portrait[55:185, 160:290], (48, 48), interpolation=cv2.INTER_AREA)
    turn = cv2.getRotationMatrix2D((23.5, 23.5), 20, 1).astype(np.float32)
    turned = cv2.warpAffine(straight, turn, (48, 48))
    images, whole = np.stack([straight, turned]), np.eye(2, 3, dtype=np.float32)
    nothing = np.zeros((2, 8), np.float32)
    lot = Lot(
        images, np.stack([whole, turn]), whole, nothing, np.zeros(2, np.int64), nothing[:, :2], np.array(["", ""])
    )
    model = take("face-mesh")
    network = MeshNetwork(model.load((1, *model.layout.shape)), model.layout)
    shapes = find_shapes(lot, TEMPLATE, network)
    assert shapes.as_given.shape == shapes.mirrored[1].shape == (2, FEATURES)
    np.testing.assert_array_equal(shapes.as_given[0], shapes.realigned[0])
    apart = [np.abs(features[1] - features[0]).mean() for features in (shapes.as_given, shapes.realigned)]
    assert apart[1] < 0.15, "realigned, the turned face is the straight one"
    spec = crop_spec(TEMPLATE)
    assert spec.size == CROP_PX
    np.testing.assert_allclose((np.array(spec.template) + 0.5) / CROP_PX, (TEMPLATE + 0.5) / 48, atol=1e-4)
