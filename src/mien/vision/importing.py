"""Bringing a model of one's own: from official checkpoints to a card and files that are known to run."""

import re
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mien.domain.errors import ModelCorrupt, ModelError, ModelMismatch, UsageError
from mien.domain.faces import Detections, Recognition
from mien.domain.frame import Pixels
from mien.inference.catalog import Catalog
from mien.inference.conversion.converting import convert_apart
from mien.inference.conversion.file_kind import file_kind
from mien.inference.file_metadata import check_whole
from mien.inference.installed import InstalledModel
from mien.inference.measuring.reference import Trace, traces, verify
from mien.inference.model_card import Family, ModelCard
from mien.inference.session import Runtime
from mien.vision.answering import answering
from mien.vision.detection.detector import DetectionSettings
from mien.vision.detection.landmark_layout import typical_landmarks
from mien.vision.imported_card import Wanted, completed, known_card
from mien.vision.reference_scene import reference_input

__all__ = ["Imported", "Wanted", "import_model"]

_LEAST_NUMBERS = 64
"""What gives fewer numbers of a face is no recogniser: those that are published give 128 and more."""


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
    with _as_mismatch(family), np.errstate(all="ignore"):  # what is no number is told when the network is tried
        card = completed(known_card(name, wanted, catalog, paths), wanted, family, paths, runtimes[0])
        stored = _proven(card, paths, runtimes, scene)
    return Imported(card, {path.name: path for path in paths}, stored, tuple(one.name for one in runtimes))


def _proven(card: ModelCard, paths: tuple[Path, ...], runtimes: Sequence[Runtime], scene: Pixels) -> tuple[Trace, ...]:
    """What the model gives, after all runtimes were found to agree on it and its task to work."""
    first, *others = (InstalledModel(card, paths, runtime) for runtime in runtimes)
    stored = traces(first, reference_input)
    _try(first, scene)
    for model in others:
        if not (verdict := verify(model, stored, reference_input)).is_right:
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
        raise ModelError(f"{family.name} runs on what mien brings along: there is nothing to import")
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
        check_whole(path)
        shutil.copyfile(path, target)
    return target


def _try(model: InstalledModel, scene: Pixels) -> None:
    """Let the task that a model is for answer about two faces of a picture, and about none."""
    box = np.array([[0.25, 0.2, 0.75, 0.85], [0.3, 0.3, 0.6, 0.7]], np.float32)
    boxes = box * np.array([scene.width, scene.height] * 2, np.float32)
    faces = Detections(boxes, np.array([0.9, 0.8], np.float32), typical_landmarks(boxes))
    answer = answering(model, DetectionSettings())
    for some in (faces, faces.select([])):
        found = answer(scene, some)
        if isinstance(found, Recognition) and (numbers := found.embeddings.vectors.shape[1]) < _LEAST_NUMBERS:
            raise ModelCorrupt(f"it gives {numbers} numbers of a face, expected are {_LEAST_NUMBERS} or more")
