"""Trains the head that judges pictures from a recogniser's embeddings: ``python -m mien.lab.quality.train``."""

import argparse
import hashlib
import json
import os
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import Any

import numpy as np

from mien.domain.errors import MienError, UsageError
from mien.evaluation.faces import Progress, no_progress
from mien.inference.catalog import load_catalog
from mien.inference.installed import InstalledModel
from mien.inference.opening import open_runtime
from mien.inference.session import RuntimeSettings
from mien.inference.weights import WeightStore
from mien.lab.quality.head import Lessons, learn, lessons, meaning
from mien.lab.quality.material import Embedder, Pictures, fold_of, gather
from mien.lab.quality.perceptron import PerceptronRecipe
from mien.sources.images import read_picture
from mien.sources.pixels import ArrayPixels
from mien.vision.detection.detector import DetectionSettings
from mien.vision.loading import load_detector, load_recogniser
from mien.vision.recognition.quality_head import QualityHead

MOST_MEGAPIXELS = 100.0
_LEAST_LESSONS = 200


@dataclass(frozen=True, slots=True)
class HeadRecipe:
    """Everything that decides what is learnt: pictures as ``person/picture``, models by name, and how they are used.

    Each picture is spoilt ``variants`` times. The people are split into ``folds`` parts; what is told of a head, and
    what its numbers mean, comes from heads that were learnt without the part that they are tried on. ``length_weight``
    is what an embedding's length adds to what is foretold, chosen on people whom heads had not seen: 0.02 to 0.04 left
    the fewest errors among 0 to 0.04.
    """

    images: Path
    recogniser: str = "mobilefacenet"
    detector: str = "yunet"
    variants: int = 5
    folds: int = 5
    seed: int = 1
    length_weight: float = 0.03
    perceptron: PerceptronRecipe = field(default_factory=PerceptronRecipe)


@dataclass(frozen=True, slots=True)
class HeadResult:
    """A folder with ``head.npz``, learnt from everybody, ``fold-K.npz``, learnt without a part of the people, and
    ``report.json``: what the latter foretold of that part."""

    folder: Path
    report: dict[str, Any]


def run(recipe: HeadRecipe, folder: Path, progress: Progress = no_progress) -> HeadResult:
    """Train and write; raises SourceError for pictures, ModelError for models, UsageError where people are too few."""
    pictures = Pictures.of(recipe.images)
    embedder = _embedder(recipe)
    taught = lessons(pictures, gather(pictures, recipe.variants, recipe.seed, embedder, progress))
    if len(taught.owners) < _LEAST_LESSONS:
        raise UsageError(f"expected {_LEAST_LESSONS} pictures of people with several, found {len(taught.owners)}")
    folder.mkdir(parents=True, exist_ok=True)
    part_of = np.array([fold_of(person, recipe.folds) for person in pictures.people], np.int64)
    numbers = np.zeros(len(taught.owners), np.float32)
    for fold in range(recipe.folds):
        is_out = part_of[taught.owners] == fold
        head = learn(taught.select(~is_out), recipe.perceptron, recipe.length_weight)
        numbers[is_out] = head.foretold(taught.vectors[is_out])
        points = meaning(numbers[is_out], taught.shares[is_out])
        write_head(replace(head, numbers=points[0], shares=points[1]), folder / f"fold-{fold}.npz")
    points = meaning(numbers, taught.shares)
    head = replace(learn(taught, recipe.perceptron, recipe.length_weight), numbers=points[0], shares=points[1])
    write_head(head, folder / "head.npz")
    report = {"recipe": asdict(recipe), **_report(taught, numbers, folder / "head.npz")}
    (folder / "report.json").write_text(json.dumps(report, indent=1, default=str) + "\n", encoding="utf-8")
    return HeadResult(folder, report)


def write_head(head: QualityHead, path: Path) -> None:
    """Write a head as `read_head` reads it."""
    np.savez(path, **{one.name: getattr(head, one.name) for one in fields(QualityHead)})


def _report(taught: Lessons, numbers: Any, path: Path) -> dict[str, Any]:
    content = path.read_bytes()
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


def main(arguments: Sequence[str] | None = None) -> int:
    """Parse the command line, train, and print the report; 1 with one line where that fails."""
    parser = argparse.ArgumentParser(prog="python -m mien.lab.quality.train", description=__doc__)
    parser.add_argument("--images", type=Path, required=True, help="a folder of folders, one for each person")
    parser.add_argument("--out", type=Path, required=True, help="a folder for the heads and the report")
    parser.add_argument("--recogniser", default="mobilefacenet", help="whose embeddings are judged")
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args(arguments)
    try:
        result = run(HeadRecipe(chosen.images, chosen.recogniser, seed=chosen.seed), chosen.out, _tell)
    except MienError as error:
        print(f"mien: {error}", file=sys.stderr)
        return 1
    print(json.dumps(result.report, indent=1, default=str))
    return 0


def _tell(done: int, total: int) -> None:
    if done % 1000 == 0:
        print(f"{done} of {total} pictures", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
