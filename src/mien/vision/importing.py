"""Bringing a model of one's own: from official checkpoints to a card and files that are known to run."""

import hashlib
import re
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import numpy as np

from mien.domain.errors import ModelCorrupt, ModelError, ModelMismatch, UsageError
from mien.domain.faces import Detections
from mien.domain.frame import Pixels
from mien.inference.catalog import Catalog, inherited
from mien.inference.conversion.converting import convert_apart
from mien.inference.conversion.file_kind import file_kind
from mien.inference.conversion.output_names import LOGITS, PROBABILITIES
from mien.inference.file_metadata import STATED_MEAN, STATED_SCALE, read_metadata
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
_LEAST_NUMBERS = 64
"""What gives fewer numbers of a face is no recogniser: those that are published give 128 and more."""

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
    """A model that was found to run: its card, its files by the names the card gives them, and its stored outputs.

    ``proven_on`` are the runtimes that gave the same outputs.
    """

    card: ModelCard
    files: dict[str, Path]
    stored: tuple[Trace, ...]
    proven_on: tuple[str, ...]


def import_model(
    wanted: Wanted, catalog: Catalog, runtimes: Sequence[Runtime], scene: Pixels, folder: Path
) -> Imported:
    """Convert the files into ``folder`` and prove that they run as a model of the family.

    Every runtime has to give the same numbers, and the task that they are for an answer of the right form on the
    picture ``scene``. Raises ModelError, with what was expected: nothing is kept anywhere but in ``folder``.
    """
    family = catalog.family(wanted.family)
    name = _name(wanted, catalog)
    _check_labels(wanted, family)
    paths = tuple(
        _converted(path, family, folder / f"{name}@{number}.onnx")  # no shipped file has an @ in its name
        for number, path in enumerate(_complete(wanted.files, family))
    )
    with _as_mismatch(family):
        card = _card(name, wanted, family, paths, runtimes[0])
        stored = _proven(card, paths, runtimes, scene)
    return Imported(card, {path.name: path for path in paths}, stored, tuple(one.name for one in runtimes))


def _card(name: str, wanted: Wanted, family: Family, paths: tuple[Path, ...], runtime: Runtime) -> ModelCard:
    """What the files say of themselves, and the family for them."""
    sessions = [runtime.load(path) for path in paths]
    row: dict[str, object] = {
        "name": name,
        "description": f"imported from {', '.join(path.name for path in wanted.files)}",
        "files": tuple(_weight_file(path) for path in paths),
        "input": _as_stated(_input(family, sessions[0]), paths[0]) if family.input else None,
        "is_imported": True,
    }
    if family.task == "emotion":
        row["labels"], row["output"] = _labels(wanted, family, sessions[0], stated_labels(paths[0]))
    return inherited(family.name, row)


def _proven(card: ModelCard, paths: tuple[Path, ...], runtimes: Sequence[Runtime], scene: Pixels) -> tuple[Trace, ...]:
    """What the model gives, after all runtimes were found to agree on it and its task to work."""
    first, *others = (InstalledModel(card, paths, runtime) for runtime in runtimes)
    stored = traces(first)
    _try(first, scene)
    for model in others:
        if not (verdict := verify(model, stored)).is_right:
            raise ModelError(f"{model.runtime.name} and {first.runtime.name} disagree on it: {verdict.reason}")
    return stored


@contextmanager
def _as_mismatch(family: Family) -> Iterator[None]:
    """Whatever a network of another kind makes a family stumble over, in one sentence."""
    try:
        yield
    except (ModelCorrupt, KeyError, IndexError, ValueError, TypeError) as error:
        reason = f"it has no output {error}" if isinstance(error, KeyError) else str(error)
        raise ModelMismatch(f"this is no {family.task} network of the family {family.name}: {reason}") from error


def _check_labels(wanted: Wanted, family: Family) -> None:
    """Raise UsageError where labels make no sense."""
    if wanted.labels and family.task != "emotion":
        raise UsageError(f"{family.name} is a family of {family.task} models; only expression networks have labels")
    if len(set(wanted.labels)) < len(wanted.labels) or not all(map(str.strip, wanted.labels)):
        raise UsageError(f"expected labels that are not empty and all different, got {','.join(wanted.labels)!r}")


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


def _input(family: Family, session: Session) -> InputLayout:
    """The family's layout at the size the file states; raises ModelMismatch where it takes something else."""
    layout, taken = family.input, session.input_shape[1:]
    assert layout is not None
    channels, height, width = layout.shape
    if len(taken) != len(layout.shape) or taken[0] not in (None, channels):
        raise ModelMismatch(f"{family.name} takes pictures ({channels}, height, width), this network takes {taken}")
    shape = (channels, taken[1] or height, taken[2] or width)
    if shape == layout.shape or layout.crop is None:
        return replace(layout, shape=shape)
    if shape[1] != shape[2] or shape[1] not in family.more_sizes_px or not isinstance(layout.crop, BoxLayout):
        known = " or ".join(f"{size}×{size}" for size in (height, *family.more_sizes_px))
        raise ModelMismatch(
            f"{family.name} takes pictures of {known} px, this network of {shape[2]}×{shape[1]}: how those have to be "
            "normalised is not known"
        )
    crop = replace(layout.crop, size=shape[1], alignment=layout.crop.alignment.replace(str(height), str(shape[1])))
    return replace(layout, shape=shape, crop=crop)


def _as_stated(layout: InputLayout, path: Path) -> InputLayout:
    """The layout with what mien's own conversion states: some networks rescale the pixels they take on their own."""
    stated = read_metadata(path)
    if STATED_MEAN not in stated or STATED_SCALE not in stated:
        return layout
    return replace(layout, mean=float(stated[STATED_MEAN]), scale=float(stated[STATED_SCALE]))


def _labels(
    wanted: Wanted, family: Family, session: Session, stated: tuple[str, ...]
) -> tuple[tuple[str, ...], OutputLayout]:
    """The labels of an expression network and how its scores are laid out, by how many there are."""
    assert family.input is not None
    taken = [size or known for size, known in zip(session.input_shape[1:], family.input.shape, strict=True)]
    outputs = session.run(np.zeros((1, *taken), np.float32))
    count = next(iter(outputs.values())).size
    activation = _ACTIVATIONS.get(next(iter(outputs)), family.output.activation)
    asked = [labels for labels in (wanted.labels, stated) if labels][:1] or [family.labels, *family.more_labels]
    if family.output.valence_arousal == "output":
        return _fitting(asked, count, family), OutputLayout(activation, "output" if len(outputs) > 1 else "none")
    has_columns = any(len(labels) + _VALENCE_AROUSAL == count for labels in asked)
    if family.output.valence_arousal == "columns" and has_columns and all(len(labels) != count for labels in asked):
        return _fitting(asked, count - _VALENCE_AROUSAL, family), OutputLayout(activation, "columns")
    return _fitting(asked, count, family), OutputLayout(activation)


def _fitting(asked: Sequence[tuple[str, ...]], count: int, family: Family) -> tuple[str, ...]:
    for labels in asked:
        if len(labels) == count:
            if len(set(labels)) < count or not all(labels):
                raise ModelMismatch(f"its file states the labels {', '.join(labels)}; expected are different ones")
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
                numbers = recogniser.recognise(cut(scene, some, recogniser.crop)).embeddings.vectors.shape[1]
                if numbers < _LEAST_NUMBERS:
                    raise ModelCorrupt(f"it gives {numbers} numbers of a face, expected are {_LEAST_NUMBERS} or more")
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
