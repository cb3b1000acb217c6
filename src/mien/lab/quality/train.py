"""``mien lab train-quality``: the head that judges pictures from a recogniser's embeddings."""

import hashlib
from dataclasses import asdict, replace
from pathlib import Path
from typing import Annotated, Any

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from mien.domain.errors import ResultError, UsageError
from mien.lab.datasets.pictures import PictureFile
from mien.lab.quality.head import BINS, HeadPerceptron, Lessons, learn, lessons, meaning
from mien.lab.quality.material import Embedder, Floats, Material, Pictures, fold_of, gather
from mien.lab.recipe import Count, Table
from mien.lab.result import Progress, Result, check_free, no_progress, write_result
from mien.vision.recognition.quality_head import QualityHead

_LEAST_LESSONS = 200


class HeadRecipe(Table):
    """Everything that decides what is learnt but the pictures: models by name, and how they are used.

    Each picture is spoilt ``variants`` times. The people are split into ``folds`` parts; what is told of a head, and
    what its numbers mean, comes from heads that were learnt without the part that they are tried on. ``length_weight``
    is what an embedding's length adds to what is foretold, chosen on people whom heads had not seen: 0.02 to 0.04 left
    the fewest errors among 0 to 0.04.
    """

    recogniser: str = "mobilefacenet"
    detector: str = "yunet"
    variants: Annotated[int, Field(ge=1, le=100)] = 5
    folds: Annotated[int, Field(ge=2, le=100)] = 5
    seed: Count = 1
    length_weight: Annotated[float, Field(ge=0, allow_inf_nan=False)] = 0.03
    perceptron: HeadPerceptron = HeadPerceptron()


def run(
    recipe: HeadRecipe, pictures: Pictures, embedder: Embedder, folder: Path, progress: Progress = no_progress
) -> Result:
    """Write ``head.npz``, learnt from everybody, ``fold-K.npz``, learnt without a part of the people, ``metrics.json``.

    The latter says what the heads of the parts foretold of people they had not seen. ``embedder`` is made of the models
    that the recipe names. Raises UsageError where people are too few or the folder holds what a verb made, ModelError,
    SourceError where pictures go while they are read, ResultError.
    """
    check_free(folder)
    part_of = np.array([fold_of(person, recipe.folds) for person in pictures.people], np.int64)
    at_most = np.bincount(part_of[pictures.owners[pictures.has_others]], minlength=recipe.folds) * (1 + recipe.variants)
    _check(at_most)  # embedding takes hours
    material = gather(pictures, recipe.variants, recipe.seed, embedder, progress)
    taught = lessons(pictures, material)
    _check(np.bincount(part_of[taught.owners], minlength=recipe.folds))
    fingerprint = _fingerprint(pictures, material)
    numbers = np.zeros(len(taught.owners), np.float32)
    for fold in range(recipe.folds):
        progress("heads", fold, recipe.folds + 1)
        is_out = part_of[taught.owners] == fold
        head = learn(taught.select(~is_out), recipe.perceptron, recipe.length_weight)
        numbers[is_out] = head.foretold(taught.vectors[is_out])
        points = meaning(numbers[is_out], taught.shares[is_out])
        write_head(replace(head, numbers=points[0], shares=points[1]), folder / f"fold-{fold}.npz")
    points = meaning(numbers, taught.shares)
    head = replace(learn(taught, recipe.perceptron, recipe.length_weight), numbers=points[0], shares=points[1])
    write_head(head, folder / "head.npz")
    metrics = {
        "seed": recipe.seed,
        "fingerprint": fingerprint,
        "unreadable": len(material.unreadable),
        **_told(taught, numbers, folder),
    }
    write_result(folder, "train-quality", recipe.model_dump(), metrics)
    return Result(folder, metrics, _notices(pictures, material))


def write_head(head: QualityHead, path: Path) -> None:
    """Write a head as `read_head` reads it, whole or not at all; raises ResultError."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        others = {"length_weight": head.length_weight, "numbers": head.numbers, "shares": head.shares}
        arrays: dict[str, Any] = {**asdict(head.perceptron), **others}
        pending = path.with_name(f"{path.name}.part")
        with pending.open("wb") as file:
            np.savez(file, **arrays)
        pending.replace(path)
    except OSError as error:
        raise ResultError(f"{path} could not be written: {error.strerror or error}") from error


def _check(counts: NDArray[np.signedinteger[Any]]) -> None:
    """Raise UsageError where the folds hold too few pictures (f,) to learn from."""
    if counts.sum() < _LEAST_LESSONS or counts.min() < BINS:
        raise UsageError(
            f"expected {_LEAST_LESSONS} or more pictures, as they are and spoilt, of people with several, {BINS} of "
            f"them in each of {len(counts)} folds, found {counts.sum()}, {counts.min()} in one fold: "
            "bring more people, or choose fewer folds"
        )


def _fingerprint(pictures: Pictures, material: Material) -> str:
    """One sha256 of who is on which picture, and of the pictures, without those that cannot be read."""
    digest = hashlib.sha256()
    for place, path in enumerate(pictures.paths):
        if place not in material.unreadable:
            digest.update(f"{path.parent.name}/{path.name}\n".encode())
            digest.update(PictureFile.of(path).digest)
    return digest.hexdigest()


def _notices(pictures: Pictures, material: Material) -> tuple[str, ...]:
    if not (missing := material.unreadable):
        return ()
    first = pictures.paths[min(missing)]
    return (f"{len(missing)} of {len(pictures.paths)} pictures could not be read and were left out, such as {first}",)


def _told(taught: Lessons, numbers: Floats, folder: Path) -> dict[str, Any]:
    content = (folder / "head.npz").read_bytes()
    return {
        "lessons": len(taught.owners),
        "people": len(np.unique(taught.owners)),
        "correlation_with_ratios": round(float(np.corrcoef(numbers, taught.ratios)[0, 1]), 4),
        "correlation_with_shares": round(float(np.corrcoef(numbers, taught.shares)[0, 1]), 4),
        "size_bytes": len(content),
        "sha256": hashlib.sha256(content).hexdigest(),
    }
