"""Which pictures a run has learnt from, so that none of them judges it, nor another that learns from it."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from mien.domain.errors import ResultError, SourceUnreadable, UsageError
from mien.inference.file_metadata import sha256_of
from mien.lab.datasets.manifest import Manifest
from mien.lab.datasets.pictures import PictureFile, open_picture, thumbnail
from mien.lab.learning.trained import WEIGHTS, read_about, read_calibration, run_of
from mien.lab.networks.building import has_classes
from mien.lab.recipe import Recipe

LEARNT = "learnt.npz"
_BYTES = 8
"""Of each sha256: a million pictures and a million others agree in one by chance once in twenty million times."""

Digests = NDArray[np.uint64]


@dataclass(frozen=True, slots=True)
class Learnt:
    """The digests (n,), sorted, of what a run has learnt from.

    It is not complete where a run whose knowledge it took over does not tell.
    """

    digests: Digests
    is_complete: bool


def digests_of(manifest: Manifest) -> Digests:
    """The first bytes (n,) of a sha256 of each picture: of the grey pixels of ready-made crops, of photographs' files.

    Sets of ready-made crops are handed on in several formats, photographs as they are. Raises SourceError.
    """
    side = manifest.facts.ready_made_px

    def digest(picture: bytes | PictureFile) -> bytes:
        if side:
            return hashlib.sha256(thumbnail(open_picture(picture), side).tobytes()).digest()
        return picture.digest if isinstance(picture, PictureFile) else hashlib.sha256(picture).digest()

    return np.frombuffer(b"".join(digest(one)[:_BYTES] for one in manifest.pictures), "<u8").astype(np.uint64)


def write_learnt(folder: Path, pictures: Manifest, recipe: Recipe) -> None:
    """Keep what a run has learnt from: pictures, and whatever those before it had; raises SourceError, ResultError."""
    told = [read_learnt(run) for run in runs_before(recipe)]
    known = [one for one in told if one is not None]
    digests = np.unique(np.concatenate([digests_of(pictures), *(one.digests for one in known)]))
    is_complete = len(known) == len(told) and all(one.is_complete for one in known) and not _lone(recipe)
    path = folder / LEARNT
    pending = path.with_name(f"{path.name}.part")
    try:
        with pending.open("wb") as file:
            np.savez(file, digests=digests, is_complete=is_complete)
        pending.replace(path)
    except OSError as error:
        raise ResultError(f"{path} could not be written: {error.strerror or error}") from error


def read_learnt(folder: Path) -> Learnt | None:
    """What a run has learnt from, or none of a run that does not tell; raises SourceUnreadable."""
    path = folder / LEARNT
    if not path.exists():
        return None
    try:
        with np.load(path, allow_pickle=False) as kept:
            return Learnt(np.asarray(kept["digests"], np.uint64), bool(kept["is_complete"]))
    except (OSError, EOFError, ValueError, TypeError, KeyError, AttributeError, BadZipFile) as error:
        raise SourceUnreadable(f"{path} is not what mien lab train writes") from error


def check_unlearnt(run: Path, manifest: Manifest, splits: Sequence[str]) -> tuple[str, ...]:
    """Raise UsageError where a run has learnt from pictures of parts that are to judge; returns what cannot be known.

    The parts of the dataset that it was trained on were looked at then, as far as anything is known. Copies of other
    pixels are not told.
    """
    is_own = read_about(run).fingerprint == manifest.fingerprint
    if is_own and "train" in splits:
        raise UsageError(f"{run} has learnt from the part train of this dataset, which does not judge it")
    learnt = read_learnt(run)
    if learnt is None and is_own:
        return ()
    if learnt is None:
        return (f"{run} does not tell which pictures it has learnt from: some of those that judge may be among them",)
    for split in () if is_own else splits:
        known = np.isin(digests_of(manifest.part(split)), learnt.digests)
        if known.any():
            raise UsageError(
                f"{run} has learnt from {int(known.sum()):,} of the {len(known):,} pictures of the part {split}, which "
                "judge neither it nor what learns from it: take other pictures, or the dataset as it was split then"
            )
    if learnt.is_complete:
        return ()
    return (f"{run} took over knowledge of unknown pictures: some of those that judge may be among them",)


def runs_before(recipe: Recipe) -> tuple[Path, ...]:
    """The runs whose knowledge a recipe takes over: its teachers, and the one that its weights are of."""
    start = run_of(Path(recipe.network.weights)) if recipe.network.start == "weights" else None
    return (*map(Path, recipe.distillation.teachers), *([start] if start else []))


def origins_of(recipe: Recipe, recogniser: Path | None = None) -> dict[str, Any]:
    """Which files a recipe takes over knowledge from, by their sha256: names alone say nothing of what is in them.

    ``recogniser`` is the file of the one that it starts from. Of teachers the temperature belongs to it, by which their
    answers are read. Raises SourceError.
    """
    weights = Path(recipe.network.weights) if recipe.network.start == "weights" else recogniser
    try:
        teachers = [
            {"name": run.name, "sha256": sha256_of(run / WEIGHTS), "temperature": read_calibration(run).temperature}
            for run in map(Path, recipe.distillation.teachers)
        ]
        return {"weights": weights and sha256_of(weights), "teachers": teachers}
    except OSError as error:
        raise SourceUnreadable(f"{error.filename} cannot be read: {error.strerror or error}") from error


def check_runs_before(recipe: Recipe, manifest: Manifest) -> tuple[str, ...]:
    """Raise UsageError where what a recipe learns from does not fit a dataset; returns what cannot be known.

    That is a teacher of other labels, and a run that has learnt from pictures which choose or judge: it would pass on
    what it knows of them. Raises SourceError where a teacher is no run, ModelCorrupt.
    """
    for folder in recipe.distillation.teachers:
        labels = read_about(Path(folder)).facts.labels
        if labels != manifest.facts.labels:
            raise UsageError(f"the teacher {folder} knows the labels {', '.join(labels)}")
    told = [one for run in runs_before(recipe) for one in check_unlearnt(run, manifest, ("val", "test"))]
    if lone := _lone(recipe):
        told.append(f"{lone} lies in no run: what it has learnt from is unknown, its classes are learnt anew")
    return tuple(told)


def _lone(recipe: Recipe) -> Path | None:
    """The file that a recipe starts from, where it is of a run and lies in none; raises ModelCorrupt."""
    start = Path(recipe.network.weights)
    is_lone = recipe.network.start == "weights" and run_of(start) is None and has_classes(start)
    return start if is_lone else None
