"""Which pictures a run has learnt from, so that none of them judges it, nor another that learns from it."""

import hashlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mien.domain.errors import ResultError, SourceUnreadable, UsageError
from mien.lab.datasets.manifest import Manifest
from mien.lab.learning.trained import read_about, run_of
from mien.lab.recipe import Recipe

LEARNT = "learnt.npy"
_BYTES = 8
"""Of each sha256: a million pictures and a million others agree in one by chance once in twenty million times."""

Digests = NDArray[np.uint64]


def digests_of(manifest: Manifest) -> Digests:
    """The first bytes (n,) of the sha256 of each picture, as it was encoded."""
    whole = (hashlib.sha256(one).digest() if isinstance(one, bytes) else one.digest for one in manifest.pictures)
    return np.frombuffer(b"".join(digest[:_BYTES] for digest in whole), "<u8").astype(np.uint64)


def write_learnt(folder: Path, pictures: Manifest, before: Sequence[Path]) -> None:
    """Keep what a run has learnt from: pictures, and whatever the runs ``before`` it had; raises ResultError."""
    known = [read_learnt(run) for run in before]
    digests = np.unique(np.concatenate([digests_of(pictures), *(one for one in known if one is not None)]))
    path = folder / LEARNT
    pending = path.with_name(f"{path.name}.part")
    try:
        with pending.open("wb") as file:
            np.save(file, digests)
        pending.replace(path)
    except OSError as error:
        raise ResultError(f"{path} could not be written: {error.strerror or error}") from error


def read_learnt(folder: Path) -> Digests | None:
    """What a run has learnt from, sorted, or none of a run that does not tell; raises SourceUnreadable."""
    path = folder / LEARNT
    if not path.exists():
        return None
    try:
        return np.asarray(np.load(path, allow_pickle=False), np.uint64)
    except (OSError, EOFError, ValueError, TypeError) as error:
        raise SourceUnreadable(f"{path} is not what mien lab train writes") from error


def check_unlearnt(run: Path, manifest: Manifest, splits: Sequence[str]) -> tuple[str, ...]:
    """Raise UsageError where a run has learnt from pictures of parts that are to judge; returns what cannot be known.

    The parts of the dataset that it was trained on were looked at then. Copies that differ in a byte are not told.
    """
    if read_about(run).fingerprint == manifest.fingerprint:
        if "train" in splits:
            raise UsageError(f"{run} has learnt from the part train of this dataset, which does not judge it")
        return ()
    learnt = read_learnt(run)
    if learnt is None:
        return (f"{run} does not tell which pictures it has learnt from: some of those that judge may be among them",)
    for split in splits:
        known = np.isin(digests_of(manifest.part(split)), learnt)
        if known.any():
            raise UsageError(
                f"{run} has learnt from {int(known.sum()):,} of the {len(known):,} pictures of the part {split}, which "
                "judge neither it nor what learns from it: take other pictures, or the dataset as it was split then"
            )
    return ()


def runs_before(recipe: Recipe) -> tuple[Path, ...]:
    """The runs whose knowledge a recipe takes over: its teachers, and the one that its weights are of."""
    start = run_of(Path(recipe.network.weights)) if recipe.network.start == "weights" else None
    return (*map(Path, recipe.distillation.teachers), *([start] if start else []))


def check_runs_before(recipe: Recipe, manifest: Manifest) -> tuple[str, ...]:
    """Raise UsageError where what a recipe learns from does not fit a dataset; returns what cannot be known.

    That is a teacher of other labels, and a run that has learnt from pictures which choose or judge: it would pass on
    what it knows of them. Raises SourceError where a teacher is no run.
    """
    for folder in recipe.distillation.teachers:
        labels = read_about(Path(folder)).facts.labels
        if labels != manifest.facts.labels:
            raise UsageError(f"the teacher {folder} knows the labels {', '.join(labels)}")
    return tuple(told for run in runs_before(recipe) for told in check_unlearnt(run, manifest, ("val", "test")))
