"""``mien lab evaluate``: how good a trained network is on a part of a dataset, with figures, by class and by group."""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from mien.domain.errors import UsageError
from mien.evaluation.verification import wilson
from mien.lab.datasets.crops import CropPlan, Lot, held_px, take_lot
from mien.lab.datasets.labels import NO_LABEL
from mien.lab.datasets.manifest import Facts, Manifest, read_manifest
from mien.lab.learning.judging import Answered, Cut, Judgement, answer, judge
from mien.lab.learning.temperature import softmax
from mien.lab.learning.trained import Trained, open_run
from mien.lab.reports.figures import draw_confusion, draw_intervals, draw_levels, draw_reliability
from mien.lab.result import Progress, Result, no_progress, write_result

_LEAST_OF_GROUP = 10
"""From fewer pictures nothing is said of a group."""


@dataclass(frozen=True, slots=True)
class EvaluateRecipe:
    """Which run is judged on which part of which dataset, its own where none is named."""

    run: Path
    dataset: Path | None = None
    split: str = "test"
    out: Path | None = None


@dataclass(frozen=True, slots=True)
class Group:
    """Of the pictures of one group of people: accuracy with its interval, and how far it is from that of all."""

    accuracy: float
    interval: tuple[float, float]
    gap: float
    count: int


def run(recipe: EvaluateRecipe, progress: Progress = no_progress) -> Result:
    """Judge a run and write ``metrics.json`` and figures into ``recipe.out``, or below the run.

    Raises UsageError where the part holds nothing, or the dataset has other labels; SourceError, ModelError.
    """
    trained = open_run(recipe.run)
    manifest = read_manifest(recipe.dataset or Path(trained.recipe.dataset))
    check_labels(manifest.facts, trained)
    part = manifest.part(recipe.split)
    if not (part.label != NO_LABEL).any():
        raise UsageError(f"the dataset has no labelled picture in its part {recipe.split}")
    out = recipe.out or recipe.run / f"evaluation-{recipe.split}"
    told: dict[str, Any] = {"fingerprint": manifest.fingerprint, "seed": trained.recipe.seed, "split": recipe.split}
    told["calibration"] = asdict(trained.calibration)
    for cut, lot in lots_of(part, trained, progress).items():
        progress(f"{cut} faces", 0, len(lot))
        answered = answer(trained.network, lot, trained.side_px, cut, is_mirrored=trained.is_mirrored)
        judged = judge(answered, lot, trained.labels, trained.calibration.temperature)
        told[cut] = {
            **judged.told,
            "groups": groups_of(answered, lot, judged),
            "abstention": abstained(answered, lot, trained),
        }
        _draw(out / "figures", cut, answered, lot, judged, trained)
    write_result(out, "evaluate", asdict(recipe), told)
    return Result(out, told)


def check_labels(facts: Facts, trained: Trained) -> None:
    """Raise UsageError where a dataset has other labels than a run."""
    if facts.labels != trained.labels:
        raise UsageError(
            f"the dataset has the labels {', '.join(facts.labels)}, the network {', '.join(trained.labels)}: "
            "import it with the same --classes"
        )


def lots_of(part: Manifest, trained: Trained, progress: Progress = no_progress) -> dict[Cut, Lot]:
    """The faces of a part, for every way in which they are looked at: as serving cuts them, and ready-made ones whole.

    A network is asked as it was trained: its own template cuts the pictures of other datasets too.
    """
    if not part.facts.ready_made_px:
        return {"aligned": take_lot(part, photographs_for(trained), None, progress)}
    lot = take_lot(part, ready_made_for(part.facts, trained), None, progress)
    return {"given": lot, "aligned": lot}


def photographs_for(trained: Trained) -> CropPlan:
    """How photographs are cut for a network, by the template that it was trained with."""
    return CropPlan(trained.plan.layout, trained.plan.channels, held_px(trained.side_px), is_ready_made=False)


def ready_made_for(facts: Facts, trained: Trained) -> CropPlan:
    """How ready-made crops are held for a network."""
    return CropPlan(trained.plan.layout, trained.plan.channels, facts.ready_made_px, is_ready_made=True)


def groups_of(answered: Answered, lot: Lot, judged: Judgement) -> dict[str, Group]:
    """Accuracy by group of people, where the manifest names groups."""
    rows = lot.label != NO_LABEL
    is_right = answered.logits.argmax(axis=1) == lot.label
    found: dict[str, Group] = {}
    for name in sorted(set(lot.group[rows].tolist()) - {""}):
        members = rows & (lot.group == name)
        count, share = int(members.sum()), float(is_right[members].mean())
        if count >= _LEAST_OF_GROUP:
            found[name] = Group(share, wilson(share, count), share - judged.classes.accuracy, count)
    return found


def abstained(answered: Answered, lot: Lot, trained: Trained) -> dict[str, float]:
    """What abstaining below the calibrated confidence does: the share that is answered, and the error among it."""
    rows = np.flatnonzero(lot.label != NO_LABEL)
    shares = softmax(answered.logits[rows], trained.calibration.temperature)
    is_answered = shares.max(axis=1) >= trained.calibration.abstention
    is_wrong = shares.argmax(axis=1) != lot.label[rows]
    error = float(is_wrong[is_answered].mean()) if is_answered.any() else 0.0
    return {"threshold": trained.calibration.abstention, "answered": float(is_answered.mean()), "error": error}


def _draw(folder: Path, cut: Cut, answered: Answered, lot: Lot, judged: Judgement, trained: Trained) -> None:
    labels, classes = trained.labels, judged.classes
    rows = np.flatnonzero(lot.label != NO_LABEL)
    draw_confusion(classes.confusion, labels, folder / f"confusion-{cut}.png")
    shares = softmax(answered.logits[rows], trained.calibration.temperature)
    draw_reliability(shares, lot.label[rows], folder / f"reliability-{cut}.png")
    there = [(label, one) for label, one in zip(labels, classes.per_class, strict=True) if one.count]
    draw_intervals(
        [f"{label} ({one.count})" for label, one in there],
        [one.recall for _, one in there],
        [wilson(one.recall, one.count) for _, one in there],
        "recall",
        folder / f"recall-{cut}.png",
    )
    if groups := groups_of(answered, lot, judged):
        draw_intervals(
            [f"{name} ({group.count})" for name, group in groups.items()],
            [group.accuracy for group in groups.values()],
            [group.interval for group in groups.values()],
            "accuracy",
            folder / f"groups-{cut}.png",
        )
    if judged.levels and answered.valence_arousal is not None:
        draw_levels(answered.valence_arousal, lot.valence_arousal, folder / f"levels-{cut}.png")
