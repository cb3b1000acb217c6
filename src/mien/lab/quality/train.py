"""``mien lab train-quality``: the head that judges pictures from a recogniser's embeddings."""

import hashlib
import os
from dataclasses import fields, replace
from pathlib import Path
from typing import Annotated, Any

import numpy as np
from pydantic import Field

from mien.domain.errors import ResultError, UsageError
from mien.inference.catalog import load_catalog
from mien.inference.installed import InstalledModel
from mien.inference.opening import open_runtime
from mien.inference.session import RuntimeSettings
from mien.inference.weights import WeightStore
from mien.lab.quality.head import Lessons, learn, lessons, meaning
from mien.lab.quality.material import Embedder, Floats, Pictures, fold_of, gather
from mien.lab.quality.perceptron import PerceptronRecipe
from mien.lab.recipe import Count, NotNegative, Table
from mien.lab.result import Progress, Result, no_progress, write_result
from mien.sources.images import read_picture
from mien.sources.pixels import ArrayPixels
from mien.vision.detection.detector import DetectionSettings
from mien.vision.loading import load_detector, load_recogniser
from mien.vision.recognition.quality_head import QualityHead

MOST_MEGAPIXELS = 100.0
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
    length_weight: NotNegative = 0.03
    perceptron: PerceptronRecipe = PerceptronRecipe()


def run(recipe: HeadRecipe, pictures: Pictures, folder: Path, progress: Progress = no_progress) -> Result:
    """Write ``head.npz``, learnt from everybody, ``fold-K.npz``, learnt without a part of the people, ``metrics.json``.

    The latter says what the heads of the parts foretold of people they had not seen. Raises SourceError for pictures,
    ModelError for models, UsageError where people are too few, ResultError.
    """
    embedder = _embedder(recipe)
    taught = lessons(pictures, gather(pictures, recipe.variants, recipe.seed, embedder, progress))
    if len(taught.owners) < _LEAST_LESSONS:
        raise UsageError(f"expected {_LEAST_LESSONS} pictures of people with several, found {len(taught.owners)}")
    part_of = np.array([fold_of(person, recipe.folds) for person in pictures.people], np.int64)
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
    metrics = {"seed": recipe.seed, "fingerprint": _fingerprint(pictures), **_told(taught, numbers, folder)}
    write_result(folder, "train-quality", recipe.model_dump(), metrics)
    return Result(folder, metrics)


def write_head(head: QualityHead, path: Path) -> None:
    """Write a head as `read_head` reads it; raises ResultError."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        np.savez(path, **{one.name: getattr(head, one.name) for one in fields(QualityHead)})
    except OSError as error:
        raise ResultError(f"{path} could not be written: {error.strerror or error}") from error


def _fingerprint(pictures: Pictures) -> str:
    """One sha256 of who is on which picture, and of the pictures."""
    digest = hashlib.sha256()
    for path in pictures.paths:
        digest.update(f"{path.parent.name}/{path.name}\n".encode())
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


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


def _embedder(recipe: HeadRecipe) -> Embedder:
    catalog, weights = load_catalog(), WeightStore.from_environment(os.environ)
    runtime = open_runtime(RuntimeSettings(precision="f32"))
    found, recognising = catalog.card(recipe.detector, "detection"), catalog.card(recipe.recogniser, "recognition")
    detector = load_detector(InstalledModel(found, weights.paths(found), runtime), DetectionSettings())
    recogniser = load_recogniser(InstalledModel(recognising, weights.paths(recognising), runtime), detector.model)
    return Embedder(lambda path: ArrayPixels(read_picture(str(path), MOST_MEGAPIXELS)), detector, recogniser)
