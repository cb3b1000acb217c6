"""The models that the settings choose, loaded; and how they are verified and timed."""

import logging
from collections.abc import Collection, Iterable
from dataclasses import replace
from pathlib import Path

from mien.domain.errors import ModelError, ModelUnavailable
from mien.evaluation.speed import Machine, Scene, drawn_scene, portrait_scene
from mien.evaluation.speed import time_model as timed
from mien.inference.catalog import load_catalog
from mien.inference.fetching import FetchProgress
from mien.inference.home_models import HomeModels
from mien.inference.installed import InstalledModel, ModelShelf
from mien.inference.measuring.reference import Verdict, read_references, verify
from mien.inference.measuring.speed import Speed
from mien.inference.model_card import ModelCard
from mien.inference.opening import every_runtime, open_runtime
from mien.inference.session import ChosenPrecision, Runtime
from mien.inference.weights import WeightStore
from mien.pipeline.tasks import Tasks
from mien.privacy.purpose import Purpose
from mien.results.summary import ModelUsed
from mien.settings.behind import FACE_MESH, models_behind
from mien.settings.tree import CameraSettings, Settings
from mien.sources.images import read_picture
from mien.telemetry.process import usable_cpus
from mien.vision.detection.detector import DetectionSettings, Detector
from mien.vision.landmarked_detector import LandmarkedDetector
from mien.vision.loading import (
    judges_by_itself,
    load_assessor,
    load_classifier,
    load_detector,
    load_judge,
    load_mesher,
    load_pose_estimator,
    load_recogniser,
)
from mien.vision.recognition.recogniser import Recogniser
from mien.vision.reference_scene import reference_input

PORTRAIT = "astronaut"
"""What models are timed on."""

_log = logging.getLogger(__name__)


def build_weights(settings: Settings, progress: FetchProgress | None = None) -> WeightStore:
    """The cache of model files."""
    return WeightStore(settings.cache, settings.models_mirror, progress, settings.home)


def build_runtime(settings: Settings) -> Runtime:
    """What runs the networks; raises ModelError where it is not to be had."""
    return open_runtime(settings.runtime)


def build_shelf(settings: Settings, progress: FetchProgress | None = None) -> ModelShelf:
    """Where models are taken from by name; raises ModelError where nothing is to be had that runs them."""
    return ModelShelf(
        load_catalog(home=settings.home),
        build_weights(settings, progress),
        HomeModels(settings.home),
        build_runtime(settings),
        settings.accepted_models,
        settings.runtime.precision,
    )


def build_tasks(settings: Settings, shelf: ModelShelf) -> Tasks:
    """The models that the settings name, loaded, of expressions where the purpose allows them; raises ModelError."""
    emotion, quality = settings.emotion, settings.quality
    liveness, pose = settings.liveness, settings.pose
    detector = build_detector(settings.detection, shelf)
    is_allowed = Purpose.of(settings.privacy).allows_expressions
    return Tasks(
        detector=detector,
        recogniser=build_recogniser(settings, shelf, detector),
        classifier=load_classifier(shelf.take(emotion.model, emotion.precision)) if is_allowed else None,
        assessor=load_assessor(shelf.take(quality.model, quality.precision)),
        liveness=load_judge(shelf.take(liveness.model, liveness.precision)) if liveness.model else None,
        pose=load_pose_estimator(shelf.take(pose.model, pose.precision)) if pose.model else None,
        unread=() if is_allowed else shelf.catalog.card(emotion.model).labels,
    )


def tasks_with_detector(tasks: Tasks, detection: DetectionSettings, settings: Settings, shelf: ModelShelf) -> Tasks:
    """The same models behind another detector: embeddings of its faces are labelled with it; raises ModelError."""
    detector = build_detector(detection, shelf)
    return replace(tasks, detector=detector, recogniser=build_recogniser(settings, shelf, detector))


def build_recogniser(settings: Settings, shelf: ModelShelf, detector: Detector) -> Recogniser:
    """The recogniser that the settings name; it tells quality unless they name a network that is able to judge."""
    model = shelf.take(settings.recognition.model, settings.recognition.precision)
    if judges_by_itself(shelf.catalog.card(settings.quality.model)):
        model = replace(model, head=None)
    return load_recogniser(model, detector.model)


def build_detector(settings: DetectionSettings, shelf: ModelShelf, doubtful_score: float = 1.0) -> Detector:
    """The detector that settings name, with landmarks as they ask for; raises ModelError.

    It also finds faces of ``doubtful_score``, where that is below the least score of the settings.
    """
    eager = replace(settings, min_score=min(settings.min_score, doubtful_score))
    detector = load_detector(shelf.take(settings.model, settings.precision), eager)
    if detector.landmarks == "measured" or settings.landmarks == "approximate":
        return detector
    return LandmarkedDetector(detector, load_mesher(_face_mesh(shelf)), settings.min_score)


def take_models(
    settings: Settings,
    shelf: ModelShelf,
    tasks: Collection[str] | None = None,
    cameras: Iterable[CameraSettings] = (),
) -> tuple[InstalledModel, ...]:
    """The models behind settings (see `models_behind`), fetched where they are not here; raises ModelError."""
    return tuple(
        _face_mesh(shelf) if name == FACE_MESH else shelf.take(name, precision)
        for name, precision in models_behind(settings, shelf.catalog, tasks, cameras)
    )


def check_models(settings: Settings, shelf: ModelShelf, cameras: Iterable[CameraSettings] = ()) -> None:
    """See that the models behind settings may run here, without fetching any; raises ModelError."""
    for name, precision in models_behind(settings, shelf.catalog, None, cameras):
        shelf.allowed(name, precision)


def _face_mesh(shelf: ModelShelf) -> InstalledModel:
    try:
        return shelf.take(FACE_MESH)
    except ModelUnavailable as error:
        raise ModelUnavailable(
            f"{error} (it measures the landmarks that the detector does not see; with detection.landmarks: approximate "
            "in the settings nobody does, and people are told apart less well)"
        ) from error


def models_used(settings: Settings, shelf: ModelShelf) -> tuple[ModelUsed, ...]:
    """What the results say of the models that took part."""
    return tuple(
        ModelUsed(
            model.card.task,
            model.card.name,
            shelf.runtime.name if model.paths else "",
            model.precision if model.paths else "",
            model.card.licence_weights,
            model.card.allowed_use,
        )
        for model in take_models(settings, shelf)
    )


def verify_model(shelf: ModelShelf, card: ModelCard, precision: ChosenPrecision) -> Verdict:
    """Whether a model still gives its stored output, in f32 and, roughly, in the precision that it runs in.

    The bytes of its files are compared with their sha256 before; damaged ones are fetched anew where that can be.
    """
    try:
        shelf.weights.distrust(card)
        if not card.has_network:
            shelf.weights.paths(card)
            return Verdict(card.name, True, 0.0, "has no network, there is nothing to verify")
        stored = {**read_references(), **read_references(shelf.home.reference(card))}.get(card.name)
        if stored is None:
            return Verdict(card.name, False, float("inf"), "no output of it is stored")
        verdict = verify(shelf.take(card.name, "f32"), stored, reference_input)
        model = shelf.take(card.name, precision)
        is_decided = not verdict.is_right or model.precision == "f32"
        return verdict if is_decided else verify(model, stored, reference_input)
    except ModelError as error:
        return Verdict(card.name, False, float("inf"), str(error))


def build_scene(settings: Settings, progress: FetchProgress | None = None) -> Scene:
    """What models are timed on: the portrait of the catalogue, or a drawn face where that is not to be had."""
    try:
        portrait = build_weights(settings, progress).path(load_catalog().card(PORTRAIT))
    except ModelError as error:
        _log.warning("models are timed on a drawn face, which cascades are through with sooner: %s", error)
        return drawn_scene()
    return portrait_scene(read_picture(str(portrait), settings.capture.max_megapixels))


def time_model(settings: Settings, card: ModelCard, scene: Scene) -> tuple[Speed, ...]:
    """How fast a model is here, in int8 too where it was quantised; raises ModelError where it is not to be had."""
    weights = build_weights(settings)
    model = InstalledModel(card, weights.paths(card), build_runtime(settings))
    return speeds(model, scene, weights.quantised(card) if weights.is_quantised(card) else ())


def speeds(model: InstalledModel, scene: Scene, quantised: tuple[Path, ...] = ()) -> tuple[Speed, ...]:
    """How fast a model is here, on every runtime and in every precision that there is."""
    cores = usable_cpus()
    alone, together = (every_runtime(("openvino", "onnxruntime"), threads) for threads in (1, cores))
    return timed(model, scene, Machine(alone, together, cores), quantised)
