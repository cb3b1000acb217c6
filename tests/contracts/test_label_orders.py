"""The labels of expression networks stand in the order of those who trained them, and each is the class it names."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import numpy_helper
from tests.support.family_models import seeded, shipped
from tests.support.installed import Take

from mien import Analyzer
from mien.domain.emotions import EMOTION_LABELS
from mien.domain.faces import Detections
from mien.inference.catalog import Catalog
from mien.inference.installed import InstalledModel
from mien.inference.weights import WeightStore
from mien.settings import Settings
from mien.sources.pixels import ArrayPixels
from mien.vision.alignment import cut
from mien.vision.loading import load_classifier

HSEMOTION_8 = ("anger", "contempt", "disgust", "fear", "happiness", "neutral", "sadness", "surprise")
HSEMOTION_7 = ("anger", "disgust", "fear", "happiness", "neutral", "sadness", "surprise")
"""``idx_to_class`` of hsemotion-onnx, ``facial_emotions.py``."""

AFFECTNET = ("neutral", "happiness", "sadness", "surprise", "fear", "disgust", "anger", "contempt")
"""The codes 0 to 7 of AffectNet (Mollahosseini, Hasani and Mahoor, 2017); without contempt they end at 6."""

FER_2013 = ("anger", "disgust", "fear", "happiness", "sadness", "surprise", "neutral")
"""``get_labels("fer2013")`` of oarriaga/face_classification, ``src/utils/datasets.py``."""

FER_PLUS = ("neutral", "happiness", "surprise", "sadness", "anger", "disgust", "fear", "contempt")
"""The columns of ``fer2013new.csv`` of FER+ (Barsoum et al., 2016)."""

RESEMOTENET = ("happiness", "surprise", "sadness", "anger", "disgust", "fear", "neutral")
"""``label_mapping`` of its ``data_csv.py`` and ``emotions`` of its ``eval_image.py``; its README has another order."""

OPENCV_ZOO = ("anger", "disgust", "fear", "happiness", "neutral", "sadness", "surprise")
"""``getDesc`` of the model zoo's ``facial_fer_model.py``."""

FAMILIES = {
    "resemotenet": [RESEMOTENET],
    "multitask": [AFFECTNET, AFFECTNET[:7]],
    "hsemotion": [HSEMOTION_8, HSEMOTION_7],
    "mini-xception": [FER_2013],
    "small-cnn": [FER_2013],
    "lab": [EMOTION_LABELS],
    "fer-mobilefacenet": [OPENCV_ZOO],
    "landmarks": [FER_PLUS],
}
SHIPPED = {"fer8-mobilefacenet": FER_PLUS, "fer8-mesh": FER_PLUS, "mini-xception": FER_2013}
SEEDED = {
    "seeded-resemotenet": RESEMOTENET,
    "seeded-multitask-resnet": AFFECTNET,
    "seeded-multitask-mobilenet": AFFECTNET,
    "seeded-hsemotion-8": HSEMOTION_8,
    "seeded-hsemotion-7": HSEMOTION_7,
    "seeded-hsemotion-8-va": HSEMOTION_8,
    "seeded-mini-xception": FER_2013,
    "seeded-small-cnn": FER_2013,
    "seeded-fer-mobilefacenet": OPENCV_ZOO,
}


def ranking(model: InstalledModel, portrait: ArrayPixels, face: Detections) -> tuple[str, ...]:
    """The labels by rising probability."""
    classifier = load_classifier(model)
    scores = classifier.classify(cut(portrait, face, classifier.crop))
    return tuple(scores.labels[index] for index in np.argsort(scores.probabilities[0]))


def with_rising_scores(path: Path, folder: Path) -> Path:
    """A network that gives every face scores that rise with the index of the class: its last layer sees nothing."""
    model = onnx.load(path)
    last = [node for node in model.graph.node if node.op_type == "Gemm"][-1]
    weight, bias = (
        next(constant for constant in model.graph.initializer if constant.name == name) for name in last.input[1:]
    )
    weight.CopyFrom(numpy_helper.from_array(np.zeros_like(numpy_helper.to_array(weight)), weight.name))
    bias.CopyFrom(numpy_helper.from_array(np.arange(*bias.dims, dtype=np.float32), bias.name))
    onnx.save(model, folder / path.name)
    return folder / path.name


def test_families_list_labels_as_their_authors_do(catalog: Catalog) -> None:
    listed = {
        name: [family.labels, *family.more_labels]
        for name, family in catalog.families.items()
        if family.task == "emotion"
    }
    assert listed == FAMILIES


def test_cards_list_labels_as_their_authors_do(catalog: Catalog) -> None:
    assert {name: catalog.card(name).labels for name in shipped("emotion")} == SHIPPED


@pytest.mark.parametrize("name", seeded("emotion"))
def test_every_class_of_a_file_has_its_label(
    name: str, any_model: Take, portrait: ArrayPixels, face: Detections
) -> None:
    model = any_model(name)
    assert model.card.labels == SEEDED[name]
    assert ranking(model, portrait, face) == SEEDED[name]


@pytest.mark.parametrize("name", ["fer8-mobilefacenet", "fer8-mesh"])
def test_every_class_of_a_bundled_file_has_its_label(
    name: str, take: Take, portrait: ArrayPixels, face: Detections, tmp_path: Path
) -> None:
    model = take(name)
    first, *others = model.paths
    rising = replace(model, paths=(with_rising_scores(first, tmp_path), *others))
    assert ranking(rising, portrait, face) == SHIPPED[name]


def test_the_label_of_the_winning_class_is_told(
    any_model: Take, models_home: Path, catalog: Catalog, weights: WeightStore
) -> None:
    name = any_model("seeded-hsemotion-8-va").card.name
    settings = Settings(home=models_home, emotion=name, accepted_models=(name,))
    with Analyzer(settings) as analyzer:
        (face,) = analyzer.picture(weights.path(catalog.card("astronaut")))
    assert face.emotion == "surprise" == HSEMOTION_8[-1]
    assert 0.5 < face.confidence < 0.8
    assert face.valence_arousal_source == "measured"
    assert 0 < face.valence < 0.6 and face.arousal == 1
