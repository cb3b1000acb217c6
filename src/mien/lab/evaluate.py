"""``mien lab evaluate``: how good a trained network is on a part of a dataset, with figures, by class and by group."""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mien.domain.errors import UsageError
from mien.evaluation.verification import newcombe, wilson
from mien.lab.datasets.crops import CropPlan, Lot, held_px, take_lot
from mien.lab.datasets.labels import NO_LABEL
from mien.lab.datasets.manifest import Manifest, read_manifest
from mien.lab.datasets.parts import told_absent
from mien.lab.learning.failings import told_failings
from mien.lab.learning.judging import (
    Answered,
    Cut,
    Judgement,
    answer,
    judge,
    judged_lots,
    recall_interval,
    shown,
    told_unaligned,
)
from mien.lab.learning.learnt import check_unlearnt
from mien.lab.learning.temperature import softmax
from mien.lab.learning.trained import CALIBRATION, Trained, open_run
from mien.lab.reports.figures import draw_confusion, draw_intervals, draw_levels, draw_reliability
from mien.lab.result import METRICS, Progress, Result, check_free, no_progress, read_json, write_result

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
    """Of the pictures of one group of people: accuracy, and how far it is above that of the other groups together.

    Both with their 95 % intervals: an interval of the ``gap`` without 0 in it is more than chance, of one group; of
    twenty alike, one has such. There is no gap where there is no other group. The group itself is no part of what it is
    compared with: shares that have pictures in common are not independent, and a large group would hide in the whole.
    """

    accuracy: float
    interval: tuple[float, float]
    gap: float | None
    gap_interval: tuple[float, float] | None
    count: int


def run(recipe: EvaluateRecipe, progress: Progress = no_progress) -> Result:
    """Judge a run and write ``metrics.json`` and figures into ``recipe.out``, or below the run.

    Faces without landmarks are judged as they lie, and never as aligned ones. Raises UsageError where the part holds
    nothing, or pictures that the run has learnt from, or the dataset has other labels, or ``recipe.out`` is the folder
    of a run; SourceError, ModelError.
    """
    trained = open_run(recipe.run)
    manifest = manifest_for(trained, recipe.dataset)
    part = judging_part(manifest, recipe.split)
    out = recipe.out or _folder(recipe, trained, manifest)
    _check_free(out, manifest)
    unknown = check_unlearnt(recipe.run, manifest, (recipe.split,))
    told: dict[str, Any] = {"fingerprint": manifest.fingerprint, "seed": trained.recipe.seed, "split": recipe.split}
    told["calibration"] = asdict(trained.calibration)
    told["without_landmarks"] = int((~part.has_face).sum())
    lots = lots_of(part, trained, progress)
    for cut, lot in lots.items():
        answered = answer_as_served(trained, lot, cut, progress)
        judged = judge(answered, lot, trained.labels, trained.calibration.temperature)
        told[cut] = {
            **judged.told,
            "groups": groups_of(answered, lot),
            "abstention": abstained(answered, lot, trained),
        }
        _draw(out / "figures", cut, answered, lot, judged, trained)
    write_result(out, "evaluate", asdict(recipe), told)
    notices = unknown + told_absent(part, recipe.split) + told_unaligned(part) + _small_groups(part)
    notices += _told_calibrated_here(trained, manifest, recipe.split)
    notices += told_failings((cut, told[cut]) for cut in lots)
    return Result(out, told, notices)


def _folder(recipe: EvaluateRecipe, trained: Trained, manifest: Manifest) -> Path:
    """Below the run, by the part that judges, and by the folder of a dataset that is not the run's own."""
    if manifest.fingerprint == trained.fingerprint:
        return recipe.run / f"evaluation-{recipe.split}"
    assert manifest.folder  # it was read from there
    return recipe.run / f"evaluation-{manifest.folder.name}-{recipe.split}"


def _check_free(out: Path, manifest: Manifest) -> None:
    """Raise UsageError where numbers of a run, or of another dataset whose folder has the same name, would be lost."""
    check_free(out, "evaluate")
    if (out / METRICS).exists() and read_json(out / METRICS, "mien lab").get("fingerprint") != manifest.fingerprint:
        raise UsageError(f"{out} holds the numbers of another dataset, which would be lost: name a folder with --out")


def _told_calibrated_here(trained: Trained, manifest: Manifest, split: str) -> tuple[str, ...]:
    """That a run is judged by the pictures that its temperature and threshold were found on, if it is."""
    if not (trained.folder / CALIBRATION).exists():
        return ()
    told = read_json(trained.folder / CALIBRATION, "mien lab calibrate")
    found_on = told.get("fingerprint"), told.get("recipe", {}).get("split")
    if found_on != (manifest.fingerprint, split):
        return ()
    return (
        "its temperature and threshold were found on these very pictures: of others the calibration error may be "
        "larger, and more of what it answers wrong",
    )


def manifest_for(trained: Trained, dataset: Path | None = None) -> Manifest:
    """The manifest of a dataset, or of the run's own where none is named.

    Raises SourceError where there is none, UsageError where it has other labels than the run.
    """
    manifest = read_manifest(dataset or Path(trained.recipe.dataset))
    if manifest.facts.labels != trained.labels:
        raise UsageError(
            f"the dataset has the labels {', '.join(manifest.facts.labels)}, the network {', '.join(trained.labels)}: "
            "import it with the same --classes"
        )
    return manifest


def judging_part(manifest: Manifest, split: str) -> Manifest:
    """The part of a dataset that is to judge; raises UsageError where none of its pictures has a label."""
    part = manifest.part(split)
    if not (part.label != NO_LABEL).any():
        parts = ", ".join(sorted({*manifest.split[manifest.label != NO_LABEL].tolist()} - {"train"})) or "none"
        raise UsageError(
            f"the dataset has no labelled picture in its part {split}; parts to judge by with --split: {parts}"
        )
    return part


def answer_as_served(trained: Trained, lot: Lot, cut: Cut, progress: Progress = no_progress) -> Answered:
    """What a run answers to the faces of a lot, with mirror images where its recipe says so."""
    return answer(trained.network, shown(lot, cut, trained.side_px, progress), is_mirrored=trained.is_mirrored)


def lots_of(part: Manifest, trained: Trained, progress: Progress = no_progress) -> dict[Cut, Lot]:
    """The faces of a part for every way in which they are judged: as serving cuts them, and ready-made ones whole."""
    return judged_lots(lot_for(part, trained, progress), part)


def lot_for(part: Manifest, trained: Trained, progress: Progress = no_progress) -> Lot:
    """All faces of a part, for a network that is asked as it was trained: its template cuts those of others too."""
    layout, channels, ready_made_px = trained.plan.layout, trained.plan.channels, part.facts.ready_made_px
    held = ready_made_px or held_px(trained.side_px)
    return take_lot(part, CropPlan(layout, channels, held, is_ready_made=bool(ready_made_px)), progress)


def groups_of(answered: Answered, lot: Lot) -> dict[str, Group]:
    """Accuracy by group of people, and its gap to the other groups, where the manifest names groups."""
    rows = (lot.label != NO_LABEL) & (lot.group != "")
    is_right = answered.logits.argmax(axis=1) == lot.label
    found: dict[str, Group] = {}
    for name in sorted(set(lot.group[rows].tolist())):
        is_member = lot.group == name
        members, others = is_right[rows & is_member], is_right[rows & ~is_member]
        if len(members) >= _LEAST_OF_GROUP:
            found[name] = _group(members, others)
    return found


def _small_groups(part: Manifest) -> tuple[str, ...]:
    """A sentence on the groups of which nothing is said of their own, if there are some."""
    names, counts = np.unique(part.group[(part.label != NO_LABEL) & (part.group != "")], return_counts=True)
    small = [f"{name} ({count})" for name, count in zip(names, counts, strict=True) if count < _LEAST_OF_GROUP]
    told = f"of groups with fewer than {_LEAST_OF_GROUP} pictures nothing is told: {', '.join(small)}"
    return (told,) if small else ()


def _group(is_right: NDArray[np.bool_], is_other_right: NDArray[np.bool_]) -> Group:
    """By which pictures of a group (n,), and which of the other groups (m,), were answered right."""
    share, count, other_count = float(is_right.mean()), len(is_right), len(is_other_right)
    if not other_count:
        return Group(share, wilson(share, count), None, None, count)
    other = float(is_other_right.mean())
    return Group(share, wilson(share, count), share - other, newcombe(share, count, other, other_count), count)


def abstained(answered: Answered, lot: Lot, trained: Trained) -> dict[str, Any]:
    """What abstaining below the calibrated confidence does: the share that is answered, and the error among it.

    The error with its 95 % interval, none where nothing is answered.
    """
    rows = np.flatnonzero(lot.label != NO_LABEL)
    shares = softmax(answered.logits[rows], trained.calibration.temperature)
    is_answered = shares.max(axis=1) >= trained.calibration.abstention
    is_wrong = shares.argmax(axis=1) != lot.label[rows]
    count = int(is_answered.sum())
    error = float(is_wrong[is_answered].mean()) if count else None
    return {
        "threshold": trained.calibration.abstention,
        "answered": float(is_answered.mean()),
        "error": error,
        "error_interval": None if error is None else wilson(error, count),
    }


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
        [interval for _, one in there if (interval := recall_interval(one))],
        "recall",
        folder / f"recall-{cut}.png",
    )
    if groups := groups_of(answered, lot):
        draw_intervals(
            [f"{name} ({group.count})" for name, group in groups.items()],
            [group.accuracy for group in groups.values()],
            [group.interval for group in groups.values()],
            "accuracy",
            folder / f"groups-{cut}.png",
        )
    if judged.levels and answered.valence_arousal is not None:
        draw_levels(answered.valence_arousal, lot.valence_arousal, folder / f"levels-{cut}.png")
