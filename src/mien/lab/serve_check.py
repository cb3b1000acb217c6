"""``mien lab serve-check``: does what mien serves answer as what was trained, on crops and on whole pictures?"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from mien.domain.errors import ModelMismatch
from mien.domain.faces import FaceCrops
from mien.domain.readings import FaceReading
from mien.lab.export import faces_of, served_network
from mien.lab.exports.proving import expected
from mien.lab.learning.trained import open_run
from mien.lab.result import Result, write_result
from mien.vision.emotion.classifier import EmotionClassifier

TOLERANCE = {"f32": 1e-3, "bf16": 0.05, "int8": 0.15}
"""Of a probability, by the precision that serves."""

_FACES = 32


@dataclass(frozen=True, slots=True)
class ServeCheckRecipe:
    """Which run, under which name it is served, in which precision."""

    run: Path
    name: str
    precision: str


def run(recipe: ServeCheckRecipe, classifier: EmotionClassifier, readings: Sequence[FaceReading]) -> Result:
    """Compare a served classifier with the network it came from, and keep what `mien analyze` read of a picture.

    Raises ModelMismatch where labels, crops or answers differ.
    """
    trained = open_run(recipe.run)
    if classifier.labels != trained.labels:
        raise ModelMismatch(f"{recipe.name} has the labels {classifier.labels}, the run {trained.labels}")
    if classifier.crop.size != trained.side_px:
        raise ModelMismatch(f"{recipe.name} takes {classifier.crop.size} px, the run {trained.side_px} px")
    sample = faces_of(trained, _FACES)
    crops = np.ascontiguousarray(sample.transpose(0, 2, 3, 1)).astype(np.uint8)
    if trained.plan.channels == "rgb":
        crops = crops[..., ::-1]  # crops are BGR, whatever a network takes
    served = classifier.classify(FaceCrops(np.ascontiguousarray(crops), classifier.crop)).probabilities
    wanted = expected(served_network(trained), sample)[0]
    difference = float(np.abs(served - wanted).max())
    if difference > TOLERANCE[recipe.precision]:
        raise ModelMismatch(
            f"{recipe.name} in {recipe.precision} differs from the run by {difference:.3g}, allowed is "
            f"{TOLERANCE[recipe.precision]:g}"
        )
    metrics: dict[str, Any] = {
        "seed": trained.recipe.seed,
        "fingerprint": trained.fingerprint,
        "faces": len(sample),
        "difference": difference,
        "same_winners": float((served.argmax(axis=1) == wanted.argmax(axis=1)).mean()),
        "analysed": [
            {"emotion": face.emotion, "confidence": face.confidence, "probabilities": face.probabilities}
            for face in readings
        ],
    }
    write_result(recipe.run, "serve-check", recipe, metrics, "serve-check.json")
    return Result(recipe.run, metrics)
