"""From a model's card and file to a task object that is ready for use: one table per task."""

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import TypeVar

from mien.domain.errors import ModelCorrupt, ModelMismatch
from mien.domain.faces import CropSpec, EmbeddingModel
from mien.inference.file_metadata import read_metadata
from mien.inference.model_card import InputLayout, ModelCard, Task
from mien.inference.session import Runtime
from mien.vision.detection.detector import DetectionSettings, Detector
from mien.vision.detection.yunet import YuNetDetector
from mien.vision.emotion.classifier import EmotionClassifier
from mien.vision.emotion.softmax_classifier import SoftmaxClassifier
from mien.vision.network_input import NetworkInput
from mien.vision.recognition.arcface import ArcFaceRecogniser
from mien.vision.recognition.recogniser import Recogniser

Built = TypeVar("Built")


def load_detector(card: ModelCard, path: Path, runtime: Runtime, settings: DetectionSettings) -> Detector:
    """The detector of a card whose file lies at ``path``; raises ModelMismatch for a card of another task or family."""
    build = _builder(DETECTORS, card, "detection")
    return build(path, runtime, replace(settings, model=card.name))


def load_recogniser(card: ModelCard, path: Path, runtime: Runtime, detector: str) -> Recogniser:
    """The recogniser of a card whose file lies at ``path``.

    ``detector`` names the detector whose landmarks align its faces: embeddings depend on it. Raises ModelMismatch for
    a card of another task or family, ModelCorrupt for a file that does not load.
    """
    return _builder(RECOGNISERS, card, "recognition")(card, path, runtime, detector)


def load_classifier(card: ModelCard, path: Path, runtime: Runtime) -> EmotionClassifier:
    """The expression classifier of a card whose file lies at ``path``.

    Raises ModelMismatch for a card of another task or family, or whose labels are not those the file states;
    ModelCorrupt for a file that does not load.
    """
    return _builder(CLASSIFIERS, card, "emotion")(card, path, runtime)


def _yunet(path: Path, runtime: Runtime, settings: DetectionSettings) -> Detector:
    return YuNetDetector(runtime, path, settings)


def _arcface(card: ModelCard, path: Path, runtime: Runtime, detector: str) -> Recogniser:
    layout = _input_layout(card)
    assert layout.crop is not None
    session = runtime.load(path, (1, *layout.shape))
    return ArcFaceRecogniser(session, network_input(card), EmbeddingModel(card.name, layout.crop.alignment, detector))


def _softmax(card: ModelCard, path: Path, runtime: Runtime) -> EmotionClassifier:
    session = runtime.load(path, (1, *_input_layout(card).shape))
    stated = stated_labels(path)
    if stated and stated != card.labels:
        raise ModelMismatch(f"the card of {card.name} has the labels {card.labels}, its file states {stated}")
    return SoftmaxClassifier(session, network_input(card), card.labels)


DETECTORS: Mapping[str, Callable[[Path, Runtime, DetectionSettings], Detector]] = MappingProxyType({"yunet": _yunet})
RECOGNISERS: Mapping[str, Callable[[ModelCard, Path, Runtime, str], Recogniser]] = MappingProxyType(
    {"arcface": _arcface}
)
CLASSIFIERS: Mapping[str, Callable[[ModelCard, Path, Runtime], EmotionClassifier]] = MappingProxyType(
    {"softmax": _softmax}
)


def network_input(card: ModelCard) -> NetworkInput:
    """How a card wants its faces cut and normalised; raises ModelMismatch where it does not say."""
    layout = _input_layout(card)
    crop = layout.crop
    depth = 1 if layout.channels == "grey" else 3
    if crop is None or layout.shape != (depth, crop.size, crop.size):
        raise ModelMismatch(f"the card of {card.name} has an input of {layout.shape}, which does not fit its crop")
    spec = CropSpec(crop.size, crop.template, "grey" if layout.channels == "grey" else "bgr")
    return NetworkInput(spec, layout.channels, layout.mean, layout.scale)


def stated_labels(path: Path) -> tuple[str, ...]:
    """The labels that an ONNX file itself states under ``labels`` in its metadata, as a JSON list; empty if none."""
    text = read_metadata(path).get("labels", "[]")
    try:
        return tuple(str(label) for label in json.loads(text))
    except (TypeError, ValueError) as error:
        raise ModelCorrupt(f"the labels that {path.name} states are no JSON list: {text[:80]}") from error


def _builder(table: Mapping[str, Built], card: ModelCard, task: Task) -> Built:
    if card.task != task or card.family not in table:
        raise ModelMismatch(
            f"{card.name} is a {card.task} model of the family {card.family}, "
            f"expected {task} of one of {', '.join(table)}"
        )
    return table[card.family]


def _input_layout(card: ModelCard) -> InputLayout:
    if card.input is None:
        raise ModelMismatch(f"the card of {card.name} does not say what its network takes")
    return card.input
