"""From a card to a task object, and clear words where the two do not fit."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from mien.domain.errors import ModelCorrupt, ModelMismatch
from mien.domain.faces import FaceCrops
from mien.inference.catalog import Catalog
from mien.inference.file_metadata import read_metadata
from mien.inference.model_card import CropLayout, InputLayout, ModelCard
from mien.inference.session import Runtime
from mien.inference.weights import WeightStore
from mien.vision.detection.detector import DetectionSettings
from mien.vision.loading import load_classifier, load_detector, load_recogniser, network_input, stated_labels

LABELS = ("calm", "glad", "cross")
TEMPLATE = ((1.0, 1.0), (3.0, 1.0), (2.0, 2.0), (1.0, 3.0), (3.0, 3.0))
CARD = ModelCard(
    name="tiny",
    task="emotion",
    family="softmax",
    description="a mean and a softmax",
    file="tiny.onnx",
    size_bytes=0,
    sha256="0" * 64,
    sources=(),
    licence_code="Apache-2.0",
    licence_weights="Apache-2.0",
    allowed_use="any",
    input=InputLayout((1, 4, 4), "grey", 0.0, 1.0, CropLayout("tiny-4", 4, TEMPLATE)),
    labels=LABELS,
)


@pytest.fixture
def tiny(tmp_path: Path) -> Path:
    """A network (n, 1, 4, 4) → softmax of the first three pixels, which states its labels."""
    nodes = [
        helper.make_node("Flatten", ["x"], ["flat"]),
        helper.make_node("Slice", ["flat", "from", "to", "axis"], ["three"]),
        helper.make_node("Softmax", ["three"], ["probabilities"], axis=1),
    ]
    numbers = [helper.make_tensor(n, TensorProto.INT64, [1], [v]) for n, v in (("from", 0), ("to", 3), ("axis", 1))]
    graph = helper.make_graph(
        nodes,
        "tiny",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", 1, 4, 4])],
        [helper.make_tensor_value_info("probabilities", TensorProto.FLOAT, ["n", 3])],
        numbers,
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=10)
    helper.set_model_props(model, {"labels": '["calm", "glad", "cross"]'})
    onnx.save(model, tmp_path / "tiny.onnx")
    return tmp_path / "tiny.onnx"


def test_a_classifier_follows_its_card(tiny: Path, runtime: Runtime) -> None:
    classifier = load_classifier(CARD, tiny, runtime)
    assert classifier.labels == LABELS
    assert (classifier.crop.size, classifier.crop.channels) == (4, "grey")
    image = np.zeros((1, 4, 4, 1), np.uint8)
    image[0, 0, 1] = 9
    scores = classifier.classify(FaceCrops(image, classifier.crop))
    assert scores.probabilities[0].argmax() == 1 and scores.probabilities[0, 1] > 0.99


def test_labels_in_another_order_than_the_file_states_are_refused(tiny: Path, runtime: Runtime) -> None:
    with pytest.raises(ModelMismatch, match="states"):
        load_classifier(replace(CARD, labels=("glad", "calm", "cross")), tiny, runtime)


def test_a_file_may_state_nothing_but_not_nonsense(tiny: Path) -> None:
    assert stated_labels(tiny) == LABELS
    model = onnx.load(tiny)
    model.metadata_props[0].value = "calm, glad"
    onnx.save(model, tiny)
    with pytest.raises(ModelCorrupt, match="no JSON list"):
        stated_labels(tiny)
    del model.metadata_props[:]
    onnx.save(model, tiny)
    assert stated_labels(tiny) == ()
    tiny.write_bytes(b"no network at all")
    with pytest.raises(ModelCorrupt, match=r"tiny\.onnx"):
        stated_labels(tiny)


def test_cards_of_another_task_or_family_are_refused(catalog: Catalog, runtime: Runtime, tiny: Path) -> None:
    with pytest.raises(ModelMismatch, match="mobilefacenet is a recognition model"):
        load_detector(catalog.card("mobilefacenet"), tiny, runtime, DetectionSettings())
    with pytest.raises(ModelMismatch, match="yunet is a detection model"):
        load_recogniser(catalog.card("yunet"), tiny, runtime, "yunet")
    with pytest.raises(ModelMismatch, match="softmax"):
        load_classifier(replace(CARD, family="tree"), tiny, runtime)


def test_a_card_must_say_what_its_network_takes(catalog: Catalog) -> None:
    with pytest.raises(ModelMismatch, match="does not say"):
        network_input(replace(CARD, input=None))
    with pytest.raises(ModelMismatch, match="does not fit its crop"):
        network_input(replace(CARD, input=replace(CARD.input, shape=(3, 4, 4))))
    with pytest.raises(ModelMismatch, match="does not fit its crop"):
        network_input(catalog.card("yunet"))


def test_every_card_of_the_catalogue_loads(catalog: Catalog, weights: WeightStore, runtime: Runtime) -> None:
    for card in catalog.cards():
        if card.task == "demo":
            continue
        path = weights.path(card)
        match card.task:
            case "detection":
                assert load_detector(card, path, runtime, DetectionSettings()).model == card.name
            case "recognition":
                assert load_recogniser(card, path, runtime, "yunet").model.network == card.name
            case "emotion":
                assert load_classifier(card, path, runtime).labels == card.labels


def test_crops_are_cut_as_the_network_was_trained(catalog: Catalog, weights: WeightStore) -> None:
    for card in catalog.cards("emotion"):
        stated = read_metadata(weights.path(card)).get("template")
        if stated is not None:
            assert card.input is not None and card.input.crop is not None
            np.testing.assert_allclose(card.input.crop.template, json.loads(stated), atol=0.01)
