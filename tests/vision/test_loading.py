"""From a card to a task object, and clear words where the two do not fit."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from mien.domain.errors import ModelCorrupt, ModelMismatch
from mien.domain.faces import BoxCropSpec, FaceCrops
from mien.inference.file_metadata import stated_input
from mien.inference.installed import InstalledModel, ModelShelf
from mien.inference.model_card import BoxLayout, CropLayout, InputLayout, ModelCard
from mien.inference.session import Runtime
from mien.vision.detection.detector import DetectionSettings
from mien.vision.loading import load_classifier, load_detector, load_recogniser, network_input, stated_labels
from mien.vision.network_input import NetworkInput

LABELS = ("calm", "glad", "cross")
TEMPLATE = ((1.0, 1.0), (3.0, 1.0), (2.0, 2.0), (1.0, 3.0), (3.0, 3.0))
CARD = ModelCard(
    name="tiny",
    task="emotion",
    family="small-cnn",
    description="a mean and a softmax",
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
    classifier = load_classifier(InstalledModel(CARD, (tiny,), runtime))
    assert classifier.labels == LABELS
    assert (classifier.crop.size, classifier.crop.channels) == (4, "grey")
    image = np.zeros((1, 4, 4, 1), np.uint8)
    image[0, 0, 1] = 9
    scores = classifier.classify(FaceCrops(image, classifier.crop))
    assert scores.probabilities[0].argmax() == 1 and scores.probabilities[0, 1] > 0.99


def test_labels_in_another_order_than_the_file_states_are_refused(tiny: Path, runtime: Runtime) -> None:
    with pytest.raises(ModelMismatch, match="states"):
        load_classifier(InstalledModel(replace(CARD, labels=("glad", "calm", "cross")), (tiny,), runtime))


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


def test_cards_of_another_task_or_family_are_refused(shelf: ModelShelf, tiny: Path) -> None:
    with pytest.raises(ModelMismatch, match="mobilefacenet is a recognition model"):
        load_detector(shelf.take("mobilefacenet"), DetectionSettings())
    with pytest.raises(ModelMismatch, match="yunet is a detection model"):
        load_recogniser(shelf.take("yunet"), "yunet")
    with pytest.raises(ModelMismatch, match="small-cnn"):
        load_classifier(InstalledModel(replace(CARD, family="tree"), (tiny,), shelf.runtime))


def test_a_card_must_say_what_its_network_takes(shelf: ModelShelf) -> None:
    def taken(card: ModelCard) -> NetworkInput:
        return network_input(InstalledModel(card, (), shelf.runtime))

    assert CARD.input is not None
    with pytest.raises(ModelMismatch, match="does not say"):
        taken(replace(CARD, input=None))
    with pytest.raises(ModelMismatch, match="does not fit its crop"):
        taken(replace(CARD, input=replace(CARD.input, shape=(1, 5, 5))))
    with pytest.raises(ModelMismatch, match="does not fit its crop"):
        taken(shelf.catalog.card("yunet"))


def test_a_card_may_cut_faces_by_their_boxes(shelf: ModelShelf) -> None:
    layout = InputLayout((3, 8, 8), "rgb", (1.0, 2.0, 3.0), 0.5, BoxLayout("box-8", 8, 1.5, is_square=False))
    taken = network_input(InstalledModel(replace(CARD, input=layout), (), shelf.runtime))
    assert taken.crop == BoxCropSpec(8, 1.5, "bgr", is_square=False)
    crops = FaceCrops(np.full((1, 8, 8, 3), (30, 20, 10), np.uint8), taken.crop)
    np.testing.assert_allclose(taken.planes(crops)[0, :, 0, 0], [4.5, 9.0, 13.5])


def test_the_card_of_the_shipped_network_says_what_its_file_says(shelf: ModelShelf) -> None:
    model = shelf.take("fer8-mobilefacenet")
    assert isinstance(model.layout.crop, CropLayout)
    assert stated_input(model.paths[0], shelf.catalog.family("small-cnn").input) == model.layout
