"""The face that is drawn by rule: models see it, and on it no model with other weights gives its stored output."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import numpy_helper
from tests.support.installed import Take

from mien.domain.geometry import iou
from mien.inference.catalog import load_catalog
from mien.inference.measuring.reference import read_references, traces, verify
from mien.inference.onnx_runtime import OnnxRuntime
from mien.inference.openvino_runtime import OpenVinoRuntime
from mien.sources.pixels import ArrayPixels
from mien.vision.detection.detector import DetectionSettings
from mien.vision.emotion.mesh_features import FEATURES, mesh_features
from mien.vision.loading import load_detector, load_mesher
from mien.vision.reference_scene import reference_face, reference_input, reference_picture, reference_scene

NETWORKS = [card.name for card in load_catalog().cards() if card.has_network]
BY_DEFAULT = ("yunet", "face-mesh", "mobilefacenet", "fer8-mobilefacenet")
DETECTORS = [card.name for card in load_catalog().cards("detection")]


def test_the_picture_is_always_the_same() -> None:
    picture = reference_picture(3, 48, 64)
    assert picture.shape == (1, 3, 48, 64) and picture.dtype == np.float32
    assert picture.min() >= 0 and picture.max() <= 255 and picture.std() > 30
    assert np.array_equal(picture, np.round(picture))
    assert np.array_equal(reference_scene(64, 48).transpose(2, 0, 1)[None], picture)
    assert np.abs(reference_picture(1, 48, 64) - picture.mean(axis=1, keepdims=True)).max() <= 1
    np.testing.assert_array_equal(reference_input(3, 48, 64), picture)


@pytest.mark.parametrize("name", DETECTORS)
def test_every_detector_finds_the_face(name: str, take: Take) -> None:
    model, size = take(name), (640, 640)
    settings = DetectionSettings(min_score=model.card.settings.get("detection.min_score", 0.6), long_side_px=640)
    found, face = load_detector(model, settings).detect(ArrayPixels(reference_scene(*size))), reference_face(*size)
    assert len(found) == 1 and iou(found.boxes, face.boxes)[0, 0] > 0.6
    eyes = face.landmarks[0, 1, 0] - face.landmarks[0, 0, 0]
    assert np.linalg.norm(found.landmarks - face.landmarks, axis=2).max() < 0.25 * eyes


def test_features_are_those_of_the_face(take: Take) -> None:
    pixels, face = ArrayPixels(reference_scene(640, 640)), reference_face(640, 640)
    seen = mesh_features(load_mesher(take("face-mesh")).mesh(pixels, face))
    given = reference_input(1, 1, FEATURES)
    assert given.shape == (1, 1, 1, FEATURES)
    assert np.abs(given.reshape(1, -1) - seen).mean() < 0.05


def with_other_weights(path: Path, target: Path) -> Path:
    """A file whose matrices have every weight multiplied by a number around 1."""
    network, generator = onnx.load(path), np.random.default_rng(0)
    for constant in network.graph.initializer:
        if len(constant.dims) >= 2 and constant.data_type == onnx.TensorProto.FLOAT:
            values = numpy_helper.to_array(constant)
            other = values * (1 + 0.5 * generator.normal(size=values.shape))
            constant.CopyFrom(numpy_helper.from_array(other.astype(np.float32), constant.name))
    onnx.save(network, target)
    return target


@pytest.mark.parametrize(
    "name", [name if name in BY_DEFAULT else pytest.param(name, marks=pytest.mark.exhaustive) for name in NETWORKS]
)
def test_a_model_gives_its_stored_output_and_one_of_other_weights_does_not(
    name: str, take: Take, tmp_path: Path
) -> None:
    model, stored = take(name), read_references()[name]
    openvino = OpenVinoRuntime()
    ways = [(OnnxRuntime(), "f32"), *((openvino, one) for one in openvino.precisions if one != "int8")]
    for runtime, precision in ways:
        verdict = verify(replace(model, runtime=runtime, precision=precision), stored, reference_input)
        assert verdict.is_right, (runtime.name, verdict)
    for number, path in enumerate(model.paths):
        other = with_other_weights(path, tmp_path / f"{number}.onnx")
        paths = (*model.paths[:number], other, *model.paths[number + 1 :])
        verdict = verify(replace(model, runtime=OnnxRuntime(), paths=paths), stored, reference_input)
        assert not verdict.is_right and verdict.difference > 0.05, f"file {number}"


@pytest.mark.parametrize("name", NETWORKS)
def test_stored_outputs_are_those_of_the_catalogue(name: str) -> None:
    assert name in read_references()


def test_what_is_given_leaves_no_classifier_sure_of_itself(take: Take) -> None:
    shares = traces(take("fer8-mesh"), reference_input)[0].numbers
    assert 0.3 < max(shares) < 0.9
