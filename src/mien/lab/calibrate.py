"""``mien lab calibrate``: the temperature that makes a network's confidence honest, and when to say nothing."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from mien.domain.errors import UsageError
from mien.evaluation.judging.classification import expected_calibration_error
from mien.evaluation.verification import wilson
from mien.lab.datasets.labels import NO_LABEL
from mien.lab.datasets.parts import told_absent
from mien.lab.evaluate import answer_as_served, lots_of, manifest_for
from mien.lab.learning.judging import told_unaligned
from mien.lab.learning.learnt import check_unlearnt
from mien.lab.learning.temperature import HIGHEST, LOWEST, Doubles, Labels, fit_temperature, is_at_limit, softmax
from mien.lab.learning.trained import CALIBRATION, Calibration, open_run
from mien.lab.reports.figures import draw_line, draw_reliability
from mien.lab.result import Progress, Result, no_progress, write_result

_LEAST_PICTURES = 30
"""Where none of fewer is wrong, the interval of the error still reaches above 11 %."""
_LEAST_ANSWERED = 0.1
"""Of the pictures: a network that answers fewer is as good as silent."""
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

    Faces aligned as serving cuts them decide: that is how the temperature and the threshold are used. Ready-made crops
    as they lie, which is how `mien evaluate emotion` takes them, are told of beside them and decide nothing: with both,
    every picture would count twice, and the temperature would be right for neither way.

    Raises UsageError where there are too few pictures, or some that the run has learnt from, or the error is no share;
    SourceError, ModelError.
    """
    _check(recipe)
    trained = open_run(recipe.run)
    manifest = manifest_for(trained, recipe.dataset)
    part = manifest.part(recipe.split)
    part = part.select(part.label != NO_LABEL)
    if (faces := int(part.has_face.sum())) < _LEAST_PICTURES:
        raise UsageError(
            f"expected at least {_LEAST_PICTURES} labelled pictures with landmarks in {recipe.split}, found {faces}"
        )
    notices = check_unlearnt(recipe.run, manifest, (recipe.split,))
    notices += told_absent(part, recipe.split) + told_unaligned(part)
    lots = lots_of(part, trained, progress)
    told = {cut: (answer_as_served(trained, lot, cut, progress).logits, lot.label) for cut, lot in lots.items()}
    found = calibrated(*told["aligned"], recipe.error)
    metrics = {
        "fingerprint": manifest.fingerprint,
        "seed": trained.recipe.seed,
        "calibration": asdict(found),
        "is_temperature_at_limit": is_at_limit(found.temperature),
        "error_interval": wilson(found.error, round(found.answered * faces)),
        "pictures": faces,
        "without_landmarks": len(part) - faces,
        "ece": {cut: _calibration_errors(*answered, found.temperature) for cut, answered in told.items()},
    }
    write_result(recipe.run, "calibrate", asdict(recipe), metrics, CALIBRATION)
    _draw(recipe.run / "figures", *told["aligned"], found.temperature)
    return Result(recipe.run, metrics, notices + tuple(_shortcomings(found, recipe.error, faces)))


def _shortcomings(found: Calibration, error: float, faces: int) -> Iterator[str]:
    """What a calibration on so many faces did not come to, in sentences."""
    if is_at_limit(found.temperature):
        yield (
            f"the temperature ends at {found.temperature:g}, a limit of what is looked at ({LOWEST:g} to {HIGHEST:g}): "
            "look at the pictures, it is where next to none is answered wrongly, or right answers are hardly more sure "
            "than wrong ones"
        )
    if found.error > error:
        yield f"no threshold leaves an error of {error:.0%}: nothing abstains"
    if (answers := round(found.answered * faces)) < _LEAST_PICTURES:
        yield (
            f"the threshold of {found.abstention:.2f} rests on {answers} of {faces} pictures: of fewer than "
            f"{_LEAST_PICTURES} answers more than 11 % may be wrong even where none was"
        )
    if found.answered < _LEAST_ANSWERED:
        yield (
            f"served, it would say nothing of {100 * (1 - found.answered):.1f} % of such pictures: allow a larger "
            "--error, or train a better network"
        )


def _calibration_errors(logits: Doubles, labels: Labels, temperature: float) -> dict[str, float]:
    """The calibration error before and after a temperature."""
    return {
        "before": expected_calibration_error(softmax(logits), labels),
        "after": expected_calibration_error(softmax(logits, temperature), labels),
    }


def _check(recipe: CalibrateRecipe) -> None:
    if not 0 < recipe.error < 1:
        raise UsageError(f"expected an error between 0 and 1, got {recipe.error:g}")
    if recipe.split == "train":
        raise UsageError("a network is not calibrated on what it was trained on: choose val or test")


def _draw(folder: Path, logits: Doubles, labels: Labels, temperature: float) -> None:
    before, after = softmax(logits), softmax(logits, temperature)
    draw_reliability(before, labels, folder / "reliability-before.png")
    draw_reliability(after, labels, folder / "reliability-after.png")
    answered, errors = risks(after, labels)
    what = "share of the pictures that get an answer", "error among them"
    draw_line(answered.tolist(), errors.tolist(), what, folder / "risk.png")


def calibrated(logits: Doubles, labels: Labels, error: float) -> Calibration:
    """The temperature of logits (n, k) and labels (n,), and the threshold at which their error is as stated."""
    temperature = fit_temperature(logits, labels)
    shares = softmax(logits, temperature)
    confidence, is_wrong = shares.max(axis=1), shares.argmax(axis=1) != labels
    for threshold in (0.0, *np.unique(_rounded_down(confidence)).tolist()):  # the first that fits answers most
        is_answered = confidence >= threshold
        if (wrong := float(is_wrong[is_answered].mean())) <= error:
            return Calibration(temperature, float(threshold), wrong, float(is_answered.mean()))
    return Calibration(temperature, 0.0, float(is_wrong.mean()), 1.0)


def _rounded_down(confidence: Doubles) -> Doubles:
    """To four digits, as settings are written; none is above what a threshold may be."""
    return np.minimum(np.floor(1e4 * confidence) / 1e4, HIGHEST_THRESHOLD)


def risks(shares: Doubles, labels: Labels) -> tuple[Doubles, Doubles]:
    """The share of pictures that are answered, and the error among them, as ever less sure answers are let through.

    El-Yaniv and Wiener, "On the Foundations of Noise-free Selective Classification", JMLR 2010.
    """
    order = np.argsort(-shares.max(axis=1), kind="stable")
    is_wrong = (shares.argmax(axis=1) != labels)[order]
    counts = np.arange(1, len(order) + 1)
    return counts / len(order), np.cumsum(is_wrong) / counts
