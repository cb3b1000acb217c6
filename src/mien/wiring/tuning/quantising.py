"""Models in int8: calibrated and measured on labelled pictures, and kept where they are as right as they were."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from pathlib import Path

from mien.domain.clock import Clock
from mien.domain.errors import SourceNotFound, UsageError
from mien.evaluation.detection import read_truth
from mien.evaluation.expressions import LabelledPictures, read_folders, read_parquet
from mien.evaluation.faces import FaceReader, Progress
from mien.evaluation.trials import DetectionTrial, EmotionTrial, Trial, VerificationTrial
from mien.evaluation.verification import read_pairs
from mien.inference.fetching import FetchProgress
from mien.inference.installed import InstalledModel, ModelShelf
from mien.inference.measuring.precisions import LEAST_ITEMS, PrecisionTable, as_text
from mien.inference.measuring.quantising import Quantised, quantise
from mien.inference.measuring.recording import RecordingRuntime
from mien.inference.measuring.speed import cpu_name
from mien.inference.model_card import ModelCard
from mien.inference.session import Precision
from mien.settings.tree import Settings
from mien.vision.loading import load_recogniser
from mien.wiring.models import build_detector, build_scene, build_shelf, speeds
from mien.wiring.people import picture_opener

_NEEDED = {"recognition": ("images", "pairs"), "detection": ("images", "truth"), "emotion": ("dataset",)}
"""What labelled pictures are of, by task, as the options of the command line name it."""

Stage = Callable[[str], AbstractContextManager[Progress]]
"""Shows how a stage of the work goes on that takes a while, by what it deals with."""


@dataclass(frozen=True, slots=True)
class Material:
    """Labelled pictures, as `mien evaluate` takes them: what there is of it depends on the task."""

    images: Path | None = None
    pairs: Path | None = None
    truth: Path | None = None
    dataset: Path | None = None

    @property
    def name(self) -> str:
        """What it calls itself."""
        return next(path.name for path in (self.pairs, self.truth, self.dataset) if path)

    def check(self, card: ModelCard) -> None:
        """Raise UsageError where it is not what measures models of this task."""
        if not card.has_network:
            raise UsageError(f"{card.name} has no network that could be quantised")
        if card.task not in _NEEDED:
            raise UsageError(f"{card.name} is a {card.task} model; there is a measure only for {', '.join(_NEEDED)}")
        if not all(getattr(self, name) for name in _NEEDED[card.task]):
            options = " and ".join(f"--{name}" for name in _NEEDED[card.task])
            raise UsageError(f"{card.name} is a {card.task} model, which is measured on {options}")


def quantise_model(
    settings: Settings, card: ModelCard, material: Material, stage: Stage, clock: Clock, fetching: FetchProgress
) -> PrecisionTable:
    """Bring a model into int8 on one part of the material and measure its precisions on the other.

    The int8 files are kept where they are as right as f32, to within what `PrecisionTable` allows; otherwise there are
    none afterwards. Raises UsageError where the material is not what the task needs or too little of it, SourceError,
    ModelError.
    """
    material.check(card)
    shelf = build_shelf(settings, fetching)
    model = shelf.take(card.name, "f32")
    trial = _trial(settings, shelf, model, material, stage)
    if trial.measured_on < LEAST_ITEMS:
        raise UsageError(
            f"expected {LEAST_ITEMS} labelled items or more to measure on, besides every eighth, which calibrates; "
            f"{material.name} leaves {trial.on}"
        )
    with shelf.weights.workspace() as folder:
        recorder = RecordingRuntime(model.runtime)
        with stage("calibrating") as progress:
            trial.calibrate(replace(model, runtime=recorder), progress)
        in_int8, layers = _quantised(model, recorder, folder, stage)
        table = PrecisionTable(
            model=card.name,
            measure=trial.measure,
            on=f"{trial.on} of {material.name}",
            measured_on=trial.measured_on,
            accuracy=_accuracy(trial, model, in_int8, stage),
            speeds=speeds(model, build_scene(settings, fetching), in_int8.paths),
            calibrated_on=max(map(len, recorder.recorded.values())),
            layers=sum(len(found.layers) for found in layers),
            left_in_f32=tuple(name for found in layers for name in found.left),
            cpu=cpu_name(),
            at=clock.now().isoformat(timespec="seconds"),
        )
        if table.is_bearable:
            shelf.weights.keep_quantised(card, in_int8.paths, as_text(table))
        else:
            shelf.weights.drop_quantised(card)
    return table


def _quantised(
    model: InstalledModel, recorder: RecordingRuntime, folder: Path, stage: Stage
) -> tuple[InstalledModel, list[Quantised]]:
    """The model in int8, its files in a folder, and what became of their layers."""
    targets = tuple(folder / f"{number}.onnx" for number in range(len(model.paths)))
    layers = []
    for source, target in zip(model.paths, targets, strict=True):
        with stage("layers") as progress:
            layers.append(quantise(source, target, recorder.recorded.get(source, ()), progress))
    return replace(model, paths=targets, precision="int8"), layers


def _accuracy(trial: Trial, model: InstalledModel, in_int8: InstalledModel, stage: Stage) -> dict[Precision, float]:
    """How right a model is, in every precision that there is here."""
    found: dict[Precision, float] = {}
    for precision in model.runtime.precisions:
        with stage(precision) as progress:
            chosen = in_int8 if precision == "int8" else replace(model, precision=precision)
            found[precision] = trial.accuracy(chosen, progress)
    return found


def _trial(settings: Settings, shelf: ModelShelf, model: InstalledModel, material: Material, stage: Stage) -> Trial:
    """Material that was checked, read; raises SourceError, UsageError, ModelError."""
    open_picture = picture_opener(settings)
    if model.card.task == "emotion" and material.dataset:
        return EmotionTrial(_labelled(settings, material.dataset), build_detector(settings.detection, shelf))
    assert material.images, "the material was checked"
    if model.card.task == "detection" and material.truth:
        return DetectionTrial(read_truth(material.truth), material.images, open_picture, settings.detection)
    assert material.pairs, "the material was checked"
    pairs = read_pairs(material.pairs)
    detector = build_detector(settings.detection, shelf)
    reader = FaceReader(open_picture, detector, load_recogniser(model, detector.model))
    with stage("pictures") as progress:
        return VerificationTrial.of(pairs, material.images, reader, progress)


def _labelled(settings: Settings, dataset: Path) -> LabelledPictures:
    if not dataset.exists():
        raise SourceNotFound(f"{dataset} does not exist")
    return read_folders(dataset, picture_opener(settings)) if dataset.is_dir() else read_parquet(dataset)
