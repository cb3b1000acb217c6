"""``mien lab calibrate``: the temperature that makes a network's confidence honest, and when to say nothing."""

import math
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from mien.domain.errors import UsageError
from mien.evaluation.judging.classification import expected_calibration_error
from mien.lab.datasets.labels import NO_LABEL
from mien.lab.datasets.manifest import read_manifest
from mien.lab.evaluate import check_labels, lots_of
from mien.lab.learning.judging import answer
from mien.lab.learning.temperature import Doubles, Labels, fit_temperature, softmax
from mien.lab.learning.trained import CALIBRATION, Calibration, open_run
from mien.lab.reports.figures import draw_line, draw_reliability
from mien.lab.result import Progress, Result, no_progress, write_result

_LEAST_PICTURES = 30
HIGHEST_THRESHOLD = 0.9999
"""Nothing is surer than 1: a threshold of 1 would silence a network for good."""


@dataclass(frozen=True, slots=True)
class CalibrateRecipe:
    """Which run is calibrated, on which part; ``error`` is the share of wrong answers that abstaining is to leave."""

    run: Path
    dataset: Path | None = None
    split: str = "val"
    error: float = 0.1


def run(recipe: CalibrateRecipe, progress: Progress = no_progress) -> Result:
    """Calibrate a run on pictures that it was not trained on, and keep that beside its weights.

    Raises UsageError where there are too few pictures, or the error is no share; SourceError, ModelError.
    """
    if not 0 < recipe.error < 1:
        raise UsageError(f"expected an error between 0 and 1, got {recipe.error:g}")
    if recipe.split == "train":
        raise UsageError("a network is not calibrated on what it was trained on: choose val or test")
    trained = open_run(recipe.run)
    manifest = read_manifest(recipe.dataset or Path(trained.recipe.dataset))
    check_labels(manifest.facts, trained)
    logits, labels = [], []
    for cut, lot in lots_of(manifest.part(recipe.split), trained, progress).items():
        found = answer(trained.network, lot, trained.side_px, cut, is_mirrored=trained.is_mirrored)
        rows = np.flatnonzero(lot.label != NO_LABEL)
        logits.append(found.logits[rows])
        labels.append(lot.label[rows])
    told, truth = np.concatenate(logits), np.concatenate(labels)
    if len(truth) < _LEAST_PICTURES:
        raise UsageError(f"expected at least {_LEAST_PICTURES} labelled pictures in {recipe.split}, found {len(truth)}")
    calibration = calibrated(told, truth, recipe.error)
    before, after = softmax(told), softmax(told, calibration.temperature)
    metrics = {
        "fingerprint": manifest.fingerprint,
        "seed": trained.recipe.seed,
        "calibration": asdict(calibration),
        "pictures": len(truth),
        "ece": {"before": expected_calibration_error(before, truth), "after": expected_calibration_error(after, truth)},
    }
    write_result(recipe.run, "calibrate", asdict(recipe), metrics, CALIBRATION)
    figures = recipe.run / "figures"
    draw_reliability(before, truth, figures / "reliability-before.png")
    draw_reliability(after, truth, figures / "reliability-after.png")
    answered, errors = risks(after, truth)
    draw_line(
        answered.tolist(),
        errors.tolist(),
        ("share of the pictures that get an answer", "error among them"),
        figures / "risk.png",
    )
    missed = f"no threshold leaves an error of {recipe.error:.0%}: nothing abstains"
    return Result(recipe.run, metrics, (missed,) if calibration.error > recipe.error else ())


def calibrated(logits: Doubles, labels: Labels, error: float) -> Calibration:
    """The temperature of logits (n, k) and labels (n,), and the threshold at which the error is as stated."""
    temperature = fit_temperature(logits, labels)
    shares = softmax(logits, temperature)
    order = np.argsort(-shares.max(axis=1), kind="stable")
    answered, errors = risks(shares, labels)
    fitting = np.flatnonzero(errors <= error)
    last = int(fitting[-1]) if len(fitting) else len(order) - 1
    is_all = last == len(order) - 1
    threshold = (
        0.0 if is_all else math.floor(1e4 * float(shares.max(axis=1)[order[last]])) / 1e4
    )  # lets that one through
    return Calibration(temperature, min(threshold, HIGHEST_THRESHOLD), float(errors[last]), float(answered[last]))


def risks(shares: Doubles, labels: Labels) -> tuple[Doubles, Doubles]:
    """The share of pictures that are answered, and the error among them, as ever less sure answers are let through.

    El-Yaniv and Wiener, "On the Foundations of Noise-free Selective Classification", JMLR 2010.
    """
    order = np.argsort(-shares.max(axis=1), kind="stable")
    is_wrong = (shares.argmax(axis=1) != labels)[order]
    counts = np.arange(1, len(order) + 1)
    return counts / len(order), np.cumsum(is_wrong) / counts
