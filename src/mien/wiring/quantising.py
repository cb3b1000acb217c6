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
from mien.inference.installed import InstalledModel, ModelShelf
from mien.inference.measuring.precisions import PrecisionTable, as_text
from mien.inference.measuring.quantising import Quantised, quantise
from mien.inference.measuring.recording import RecordingRuntime
from mien.inference.measuring.speed import cpu_name
from mien.inference.model_card import ModelCard
from mien.settings.tree import Settings
from mien.vision.loading import load_recogniser
from mien.wiring.models import build_detector, build_shelf, speeds
from mien.wiring.people import picture_opener

Stage = Callable[[str], AbstractContextManager[Progress]]
"""Shows how a stage of the work goes on that takes a while, by what it deals with."""


@dataclass(frozen=True, slots=True)
class Material:
    """Labelled pictures, as `mien evaluate` takes them: what there is of it depends on the task."""

    images: Path | None = None
    pairs: Path | None = None
    truth: Path | None = None
    dataset: Path | None = None


def quantise_model(
    settings: Settings, card: ModelCard, material: Material, stage: Stage, clock: Clock
) -> PrecisionTable:
    """Bring a model into int8 on one part of the material and measure its precisions on the other.

    The int8 files are kept where they are as right as f32, to within what `PrecisionTable` allows; otherwise there are
    none afterwards. Raises UsageError where the material is not what the task needs, SourceError, ModelError.
    """
    shelf = build_shelf(settings)
    if not card.files:
        raise UsageError(f"{card.name} has no network that could be quantised")
    model = shelf.take(card.name, "f32")
    trial = _trial(settings, shelf, model, material, stage)
    with shelf.weights.workspace() as folder:
        recorder = RecordingRuntime(model.runtime)
        with stage("calibrating") as progress:
            trial.calibrate(replace(model, runtime=recorder), progress)
        files = [_quantised(model, number, recorder, folder, stage) for number in range(len(model.paths))]
        in_int8 = replace(model, paths=tuple(path for path, _ in files), precision="int8")
        candidates = [model, in_int8]
        if "bf16" in shelf.runtime.precisions:
            candidates.insert(1, replace(model, precision="bf16"))
        accuracy = {}
        for one in candidates:
            with stage(one.precision) as progress:
                accuracy[one.precision] = trial.accuracy(one, progress)
        table = PrecisionTable(
            model=card.name,
            measure=trial.measure,
            on=f"{trial.on} of {_named(material)}",
            accuracy=accuracy,
            speeds=speeds(model, in_int8.paths),
            calibrated_on=max(len(pictures) for pictures in recorder.recorded.values()),
            layers=sum(len(found.layers) for _, found in files),
            left_in_f32=tuple(name for _, found in files for name in found.left),
            cpu=cpu_name(),
            at=clock.now().isoformat(timespec="seconds"),
        )
        if table.is_bearable:
            shelf.weights.keep_quantised(card, in_int8.paths, as_text(table))
        else:
            shelf.weights.drop_quantised(card)
    return table


def _quantised(
    model: InstalledModel, number: int, recorder: RecordingRuntime, folder: Path, stage: Stage
) -> tuple[Path, Quantised]:
    source = model.paths[number]
    target = folder / f"{number}.onnx"
    with stage("layers") as progress:
        return target, quantise(source, target, recorder.recorded.get(source, ()), progress)


def _trial(settings: Settings, shelf: ModelShelf, model: InstalledModel, material: Material, stage: Stage) -> Trial:
    """The material of a model's task; raises UsageError where the material is not what the task needs."""
    open_picture = picture_opener(settings)
    task = model.card.task
    if task == "recognition" and material.images and material.pairs:
        pairs = read_pairs(material.pairs)
        detector = build_detector(settings.detection, shelf)
        reader = FaceReader(open_picture, detector, load_recogniser(model, detector.model))
        with stage("pictures") as progress:
            return VerificationTrial.of(pairs, material.images, reader, progress)
    if task == "detection" and material.images and material.truth:
        return DetectionTrial(read_truth(material.truth), material.images, open_picture, settings.detection)
    if task == "emotion" and material.dataset:
        return EmotionTrial(_labelled(settings, material.dataset), build_detector(settings.detection, shelf))
    needs = {
        "recognition": "--images DIR and --pairs FILE",
        "detection": "--images DIR and --truth FILE",
        "emotion": "--dataset FILE|DIR",
    }
    if task not in needs:
        raise UsageError(f"{model.name} is a {task} model, and nothing measures those: there are {', '.join(needs)}")
    raise UsageError(f"{model.name} is a {task} model, which takes {needs[task]}")


def _labelled(settings: Settings, dataset: Path) -> LabelledPictures:
    if not dataset.exists():
        raise SourceNotFound(f"{dataset} does not exist")
    return read_folders(dataset, picture_opener(settings)) if dataset.is_dir() else read_parquet(dataset)


def _named(material: Material) -> str:
    return next(path.name for path in (material.pairs, material.truth, material.dataset) if path)
