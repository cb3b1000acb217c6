"""Bringing a model of one's own: from official checkpoints to a card and files that are known to run."""

import hashlib
import re
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import numpy as np

from mien.domain.errors import ModelCorrupt, ModelError, ModelMismatch
from mien.domain.faces import Detections
from mien.domain.frame import Pixels
from mien.inference.catalog import Catalog
from mien.inference.conversion.converting import convert_apart
from mien.inference.conversion.file_kind import file_kind
from mien.inference.conversion.output_names import LOGITS, PROBABILITIES
from mien.inference.file_metadata import read_metadata
from mien.inference.installed import InstalledModel
from mien.inference.measuring.reference import Trace, traces, verify
from mien.inference.model_card import BoxLayout, Family, InputLayout, ModelCard, OutputLayout, WeightFile
from mien.inference.session import Runtime, Session
from mien.vision.alignment import cut
from mien.vision.detection.detector import DetectionSettings
from mien.vision.detection.landmark_layout import typical_landmarks
from mien.vision.loading import (
    load_assessor,
    load_classifier,
    load_detector,
    load_judge,
    load_mesher,
    load_pose_estimator,
    load_recogniser,
    stated_labels,
)

_VALENCE_AROUSAL = 2
_ACTIVATIONS: dict[str, Literal["none", "softmax"]] = {PROBABILITIES: "none", LOGITS: "softmax"}


@dataclass(frozen=True, slots=True)
class Wanted:
    """What somebody wants to import: files of a family, under a name, with labels where they are not the family's."""

    family: str
    files: tuple[Path, ...]
    name: str = ""
    labels: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Imported:
    """A model that was found to run: its card, its files by the names the card gives them, and its stored outputs."""

    card: ModelCard
    files: dict[str, Path]
    stored: tuple[Trace, ...]


def import_model(
    wanted: Wanted, catalog: Catalog, runtimes: Sequence[Runtime], scene: Pixels, folder: Path
) -> Imported:
    """Convert the files into ``folder`` and prove that they run as a model of the family.

    Every runtime has to give the same numbers, and the task that they are for an answer of the right form on the
    picture ``scene``. Raises ModelError, with what was expected: nothing is kept anywhere but in ``folder``.
    """
    family = catalog.family(wanted.family)
    name = _name(wanted, catalog)
    paths = tuple(
        _converted(path, family, folder / f"{name}-{number}.onnx" if number else folder / f"{name}.onnx")
        for number, path in enumerate(_complete(wanted.files, family))
    )
    sessions = [runtimes[0].load(path) for path in paths]
    card = ModelCard(
        name=name,
        task=family.task,
        family=family.name,
        description=f"imported from {', '.join(path.name for path in wanted.files)}",
        licence_code=family.licence_code,
        licence_weights=family.licence_weights,
        allowed_use=family.allowed_use,
        use_note=family.use_note,
        upstream=family.upstream,
        data=family.data,
        limits=family.limits,
        thresholds=family.thresholds,
        settings=family.settings,
        files=tuple(_weight_file(path) for path in paths),
        input=_as_stated(_input(family, sessions[0]), paths[0]),
    )
    if card.task == "emotion":
        labels, output = _labels(wanted, family, sessions[0], stated_labels(paths[0]))
        card = replace(card, labels=labels, output=output)
    return Imported(card, {path.name: path for path in paths}, _proven(card, paths, runtimes, scene))


def _proven(card: ModelCard, paths: tuple[Path, ...], runtimes: Sequence[Runtime], scene: Pixels) -> tuple[Trace, ...]:
    """What the model gives, after all runtimes were found to agree on it and its task to work."""
    first, *others = (InstalledModel(card, paths, runtime) for runtime in runtimes)
    try:
        stored = traces(first)
        _try(first, scene)
    except ModelCorrupt as error:
        raise ModelMismatch(f"this is no {card.task} network of the family {card.family}: {error}") from error
    for model in others:
        if not (verdict := verify(model, stored)).is_right:
            raise ModelCorrupt(f"{model.runtime.name} and {first.runtime.name} disagree on it: {verdict.reason}")
    return stored


def _name(wanted: Wanted, catalog: Catalog) -> str:
    name = wanted.name or re.sub(r"[^a-z0-9._-]+", "-", wanted.files[0].stem.lower()).strip("-._") or wanted.family
    if any(card.name == name for card in catalog.models):
        raise ModelError(f"there is a model called {name} already; choose another with --name")
    if not re.fullmatch(r"[a-z0-9][a-z0-9._-]*", name):
        raise ModelError(f"{name!r} is no name for a model: expected small letters, digits, dots and hyphens")
    return name


def _complete(files: tuple[Path, ...], family: Family) -> tuple[Path, ...]:
    if not family.formats:
        raise ModelError(f"{family.name} has no files: there is nothing to import")
    if len(files) != len(family.files):
        raise ModelError(f"{family.name} takes {len(family.files)} files ({', '.join(family.files)}), got {len(files)}")
    return files


def _converted(path: Path, family: Family, target: Path) -> Path:
    kind = file_kind(path)
    if kind not in family.formats:
        known = " or ".join(sorted(family.formats))
        raise ModelMismatch(f"{path.name} is a file of {kind}; {family.name} is imported from {known}")
    if converter := family.formats[kind]:
        convert_apart(converter, path, target)
    else:
        shutil.copyfile(path, target)
    return target


def _weight_file(path: Path) -> WeightFile:
    with path.open("rb") as file:
        return WeightFile(path.name, path.stat().st_size, hashlib.file_digest(file, "sha256").hexdigest())


def _input(family: Family, session: Session) -> InputLayout | None:
    """The family's layout at the size the file states; raises ModelMismatch where it takes something else."""
    layout, taken = family.input, session.input_shape[1:]
    if layout is None:
        return None
    channels, height, width = layout.shape
    if len(taken) != len(layout.shape) or taken[0] not in (None, channels):
        raise ModelMismatch(f"{family.name} takes pictures ({channels}, height, width), this network takes {taken}")
    shape = (channels, taken[1] or height, taken[2] or width)
    if shape == layout.shape or layout.crop is None:
        return replace(layout, shape=shape)
    if shape[1] != shape[2] or not isinstance(layout.crop, BoxLayout):
        raise ModelMismatch(
            f"{family.name} takes pictures of {width}×{height} px, this network of {shape[2]}×{shape[1]}"
        )
    crops = [
        replace(crop, size=shape[1], alignment=crop.alignment.replace(str(height), str(shape[1])))
        for crop in (layout.crop, *layout.more_crops)
    ]
    return replace(layout, shape=shape, crop=crops[0], more_crops=tuple(crops[1:]))


def _as_stated(layout: InputLayout | None, path: Path) -> InputLayout | None:
    """The layout with what a file states of the pixels it takes: some networks rescale them on their own."""
    stated = read_metadata(path)
    if layout is None or "scale" not in stated:
        return layout
    return replace(layout, mean=float(stated["mean"]), scale=float(stated["scale"]))


def _labels(
    wanted: Wanted, family: Family, session: Session, stated: tuple[str, ...]
) -> tuple[tuple[str, ...], OutputLayout]:
    """The labels of an expression network and how its scores are laid out, by how many there are."""
    assert family.input is not None
    channels, height, width = family.input.shape
    taken = [size or known for size, known in zip(session.input_shape[1:], (channels, height, width), strict=True)]
    outputs = session.run(np.zeros((1, *taken), np.float32))
    count = next(iter(outputs.values())).size
    activation = _ACTIVATIONS.get(next(iter(outputs)), family.output.activation)
    asked = [labels for labels in (wanted.labels, stated) if labels][:1] or [family.labels, *family.more_labels]
    if family.output.valence_arousal == "output":
        return _fitting(asked, count, family), OutputLayout(activation, "output" if len(outputs) > 1 else "none")
    if any(len(labels) + _VALENCE_AROUSAL == count for labels in asked) and all(len(one) != count for one in asked):
        return _fitting(asked, count - _VALENCE_AROUSAL, family), OutputLayout(activation, "columns")
    return _fitting(asked, count, family), OutputLayout(activation)


def _fitting(asked: Sequence[tuple[str, ...]], count: int, family: Family) -> tuple[str, ...]:
    for labels in asked:
        if len(labels) == count:
            return labels
    listed = " or ".join(f"{len(labels)} ({', '.join(labels)})" for labels in asked)
    raise ModelMismatch(f"this {family.name} network gives {count} scores, expected as many as labels: {listed}")


def _try(model: InstalledModel, scene: Pixels) -> None:
    """Let the task that a model is for answer about two faces of a picture, and about none."""
    box = np.array([[0.25, 0.2, 0.75, 0.85], [0.3, 0.3, 0.6, 0.7]], np.float32)
    boxes = box * np.array([scene.width, scene.height] * 2, np.float32)
    faces = Detections(boxes, np.array([0.9, 0.8], np.float32), typical_landmarks(boxes))
    for some in (faces, faces.select([])):
        match model.card.task:
            case "detection":
                load_detector(model, DetectionSettings()).detect(scene)
            case "recognition":
                recogniser = load_recogniser(model, "any")
                recogniser.recognise(cut(scene, some, recogniser.crop))
            case "emotion":
                classifier = load_classifier(model)
                classifier.classify(cut(scene, some, classifier.crop))
            case "quality":
                load_assessor(model).assess(scene, some)
            case "liveness":
                load_judge(model).judge(scene, some)
            case "pose":
                load_pose_estimator(model).estimate(scene, some)
            case "landmarks":
                load_mesher(model).mesh(scene, some)
