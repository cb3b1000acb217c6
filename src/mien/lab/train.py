"""``mien lab train``: a recipe and a manifest become a network, in one folder that says all of it."""

import hashlib
import json
import shutil
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from numpy.typing import NDArray

from mien.domain.errors import ResultError, UsageError
from mien.lab.datasets.crops import CropPlan, Lot, check_room, fingerprint_of_crops, plan_crops, take_lot
from mien.lab.datasets.manifest import Facts, Floats, Manifest, read_manifest
from mien.lab.datasets.parts import check_levels, check_parts, told_absent
from mien.lab.evaluate import lot_for
from mien.lab.learning.devices import fastest_device
from mien.lab.learning.failings import told_failings
from mien.lab.learning.judging import Cut, Judgement, answer, judge, judged_lots, score_of, shown
from mien.lab.learning.learnt import check_runs_before, origins_of, write_learnt
from mien.lab.learning.loop import Epoch, Training
from mien.lab.learning.losses import winners
from mien.lab.learning.temperature import softmax
from mien.lab.learning.trained import CALIBRATION, CHECKPOINT, RECIPE, WEIGHTS, labels_of, open_run, write_about
from mien.lab.networks.building import build_network, settled, start_from
from mien.lab.networks.expression import ExpressionNetwork
from mien.lab.recipe import NetworkRecipe, Recipe, write_recipe
from mien.lab.reports.figures import draw_history
from mien.lab.result import ABOUT, Progress, Result, check_free, no_progress, plain, write_result

if TYPE_CHECKING:
    from torch.utils.tensorboard import SummaryWriter

EPOCHS, TENSORBOARD, TARGETS = "epochs.jsonl", "tensorboard", "targets.npy"


@dataclass(frozen=True, slots=True)
class Material:
    """What a run learns from and chooses by: cut for its network, and, as ``learnt``, as the manifest keeps it.

    ``network`` is that of the recipe, fitted to the dataset; ``choosing`` are the faces to choose by for every way in
    which they are judged; ``origins`` are the files that knowledge is taken over from, ``notices`` say what cannot be
    known of them.
    """

    network: NetworkRecipe
    learnt: Manifest
    training: Lot
    choosing: Mapping[Cut, Lot]
    plan: CropPlan
    facts: Facts
    fingerprint: str
    origins: Mapping[str, Any]
    notices: tuple[str, ...]

    @property
    def labels(self) -> tuple[str, ...]:
        return self.facts.labels

    @property
    def cuts(self) -> tuple[Cut, ...]:
        """How faces are looked at: ready-made crops as they lie too, as `mien evaluate emotion` takes them."""
        return ("given", "aligned") if self.plan.is_ready_made else ("aligned",)


def run(
    recipe: Recipe,
    out: Path,
    recogniser: Path | None = None,
    is_resumed: bool = False,
    progress: Progress = no_progress,
) -> Result:
    """Train a network into the folder ``out``; ``recogniser`` is the file of the one that the recipe starts from.

    ``is_resumed`` goes on from the checkpoint of a run that was stopped, if there is one. Raises UsageError where the
    recipe and the dataset do not fit, or ``out`` holds another run; SourceError, ModelError, ResultError.
    """
    _check_free(out, is_resumed)
    material = gather(recipe, progress, recogniser)
    recipe = recipe.model_copy(update={"network": material.network})
    training = build_training(recipe, material, recogniser)
    log = _begin(out, recipe, training, is_resumed)
    targets = _targets(out / TARGETS, recipe, material, progress)
    with _board(out / TENSORBOARD, training.epoch) as board:
        watch = _watcher(material, recipe, log, board, lambda epoch: progress("epochs", epoch, training.planned))
        training.run(
            material.training, targets, out / CHECKPOINT, watch, lambda done, total: progress("steps", done, total)
        )
    return _finish(out, recipe, material, training)


def _check_free(out: Path, is_resumed: bool) -> None:
    """Raise UsageError where a folder holds a run that would be lost."""
    has_checkpoint = (out / CHECKPOINT).exists()
    if has_checkpoint and not is_resumed:
        raise UsageError(f"{out} holds a run already: go on with --resume, or name another folder")
    if not has_checkpoint and any((out / name).exists() for name in (WEIGHTS, ABOUT)):
        raise UsageError(f"{out} holds a run already, without a checkpoint to go on from: name another folder")
    if not has_checkpoint:
        check_free(out)


def gather(recipe: Recipe, progress: Progress = no_progress, recogniser: Path | None = None) -> Material:
    """The faces of a recipe's dataset; raises UsageError where it cannot be learnt from.

    ``recogniser`` is the file of the one that the recipe starts from.
    """
    if not recipe.dataset:
        raise UsageError('the recipe names no dataset: write dataset = "FOLDER" or give --dataset')
    manifest = read_manifest(Path(recipe.dataset))
    check_parts(manifest, recipe.dataset)
    if recipe.network.valence_arousal:
        check_levels(manifest, recipe.dataset)
    notices = check_runs_before(recipe, manifest) + told_absent(manifest.part("val"), "val")
    network = settled(recipe.network, manifest.facts)
    plan = plan_crops(manifest.facts, network.side_px, network.channels)
    check_room(manifest.select(manifest.split != "test"), plan)
    trains = manifest.part("train")
    has_levels = recipe.network.valence_arousal & np.any(np.isfinite(trains.valence_arousal), axis=1)
    learnt = trains.select(np.flatnonzero(np.any(trains.targets, axis=1) | has_levels))
    training = take_lot(learnt, plan, progress)
    chooses = manifest.part("val")
    choosing = judged_lots(take_lot(chooses, plan, progress), chooses)
    known = manifest.facts, manifest.fingerprint, origins_of(recipe, recogniser), notices
    return Material(network, learnt, training, choosing, plan, *known)


def build_training(recipe: Recipe, material: Material, recogniser: Path | None = None) -> Training:
    """A run before its first epoch, of a recipe whose network is fitted to the dataset.

    The network is drawn by the seed and starts from what the recipe names; ``recogniser`` is the file of the one that
    it names. Raises ModelCorrupt, ModelMismatch where a file does not fit the network.
    """
    torch.manual_seed(recipe.seed)
    network, averaged = (build_network(recipe.network, len(material.labels)) for _ in range(2))
    if recipe.network.start != "scratch":
        weights = recogniser or Path(recipe.network.weights)
        start_from(network, weights, has_same_labels=labels_of(weights) == material.labels)
    made_of = fingerprint_of_crops(material.learnt, material.plan) + json.dumps(material.origins)
    fingerprint = hashlib.sha256(made_of.encode()).hexdigest()
    return Training(network, averaged, recipe, material.plan.side_px, fingerprint)


def _begin(out: Path, recipe: Recipe, training: Training, is_resumed: bool) -> Path:
    """Prepare the folder, or go on from what is there; returns the log of epochs."""
    log, checkpoint = out / EPOCHS, out / CHECKPOINT
    try:
        out.mkdir(parents=True, exist_ok=True)
        if is_resumed and checkpoint.exists():
            training.resume(checkpoint)
        else:
            for stale in (log, out / CALIBRATION, out / TARGETS):
                stale.unlink(missing_ok=True)
            shutil.rmtree(out / TENSORBOARD, ignore_errors=True)
        write_recipe(recipe, out / RECIPE)  # of a run that goes on too: what it names may lie elsewhere by now
    except OSError as error:
        raise ResultError(f"{out} could not be written: {error.strerror or error}") from error
    _drop_later(log, training.epoch)
    return log


def _drop_later(log: Path, epoch: int) -> None:
    """Forget lines of epochs that a killed run told but did not keep."""
    if log.exists():
        lines = log.read_text(encoding="utf-8").splitlines(keepends=True)
        log.write_text("".join(line for line in lines if _epoch_of(line) <= epoch), encoding="utf-8")


def _epoch_of(line: str) -> float:
    try:
        return int(json.loads(line)["epoch"])
    except (ValueError, KeyError):  # cut off where the run was killed
        return float("inf")


def _targets(kept: Path, recipe: Recipe, material: Material, progress: Progress) -> Floats:
    """What is learnt; what teachers say is kept, for a run that goes on would ask them all of it again."""
    if kept.exists():
        return np.asarray(np.load(kept), np.float32)
    targets = targets_of(recipe, material, progress)
    if recipe.distillation.teachers:
        try:
            np.save(kept, targets)
        except OSError as error:
            raise ResultError(f"{kept} could not be written: {error.strerror or error}") from error
    return targets


def targets_of(recipe: Recipe, material: Material, progress: Progress = no_progress) -> Floats:
    """What is learnt (n, k): votes or winners, and by a share what the teachers of a recipe say of the same faces.

    Raises SourceError, ModelError for a folder that holds no teacher.
    """
    teachers = recipe.distillation.teachers
    lot = material.training
    targets = lot.targets if recipe.loss.classes == "soft" else winners(lot.targets)
    if not teachers:
        return targets
    told = np.mean([_told_by(Path(folder), material, recipe, progress) for folder in teachers], axis=0)
    share = np.where(targets.any(axis=1, keepdims=True), recipe.distillation.share, 1.0)
    return np.asarray(targets * (1 - share) + told * share, np.float32)


def _told_by(folder: Path, material: Material, recipe: Recipe, progress: Progress) -> NDArray[np.float64]:
    """What a teacher says (n, k) of the faces that are learnt from, cut as it learnt them, mirror images included."""
    teacher = open_run(folder)

    def tell(what: str, done: int, total: int) -> None:
        progress(f"{folder.name}: {what}", done, total)

    lot, network = lot_for(material.learnt, teacher, tell), teacher.network.to(fastest_device())
    ways = {"is_exact": False, "is_mirrored": True, "is_compiled": recipe.training.is_compiled}
    asked = [answer(network, shown(lot, cut, teacher.side_px, tell), **ways).logits for cut in material.cuts]
    temperature = recipe.distillation.temperature * teacher.calibration.temperature
    return np.asarray(softmax(np.mean(asked, axis=0), temperature))


def judge_cuts(
    network: ExpressionNetwork, material: Material, *, is_exact: bool, is_mirrored: bool = False
) -> dict[str, Judgement]:
    """How good a network is on the faces to choose by, for every way in which they are judged."""
    ways = {"is_exact": is_exact, "is_mirrored": is_mirrored}
    return {
        cut: judge(answer(network, shown(lot, cut, material.plan.side_px), **ways), lot, material.labels)
        for cut, lot in material.choosing.items()
    }


def _board(folder: Path, begun: int) -> "SummaryWriter":
    """Curves for TensorBoard, of which ``begun`` epochs are there: later ones, of a killed run, are forgotten."""
    from torch.utils.tensorboard import SummaryWriter

    return SummaryWriter(str(folder), purge_step=begun + 1)


def _watcher(
    material: Material, recipe: Recipe, log: Path, board: "SummaryWriter", tell: Callable[[int], None]
) -> Callable[[Epoch, ExpressionNetwork], float]:
    """What looks at every epoch, writes a line of it and its curves for TensorBoard, and says how good it is."""
    is_exact = recipe.training.precision == "f32"

    def watch(epoch: Epoch, network: ExpressionNetwork) -> float:
        found = judge_cuts(network, material, is_exact=is_exact)
        score = score_of(found, recipe.training.select)
        line = {**asdict(epoch), "score": score, "val": {cut: _brief(one) for cut, one in found.items()}}
        try:
            with log.open("a", encoding="utf-8") as lines:
                lines.write(json.dumps(plain(line)) + "\n")
        except OSError as error:
            raise ResultError(f"{log} could not be written: {error.strerror or error}") from error
        for name, value in {"loss": epoch.loss, "rate": epoch.rate, "score": score}.items():
            board.add_scalar(name, value, epoch.epoch)
        for cut, one in found.items():
            board.add_scalar(f"accuracy/{cut}", one.classes.accuracy, epoch.epoch)
        board.flush()
        tell(epoch.epoch)
        return score

    return watch


def _brief(found: Judgement) -> dict[str, Any]:
    classes = found.classes
    told = {"accuracy": classes.accuracy, "macro_recall": classes.macro_recall, "macro_f1": classes.macro_f1}
    rounded: dict[str, Any] = {name: round(value, 4) for name, value in told.items()}
    return {**rounded, "levels": asdict(found.levels)} if found.levels else rounded


def _finish(out: Path, recipe: Recipe, material: Material, training: Training) -> Result:
    """Keep the best epoch, and say how good it is."""
    best = training.averaged
    best.load_state_dict(training.best)
    write_learnt(out, material.learnt, recipe)
    try:
        torch.save({name: value.contiguous().cpu() for name, value in best.state_dict().items()}, out / WEIGHTS)
    except (OSError, RuntimeError) as error:
        raise ResultError(f"{out / WEIGHTS} could not be written: {' '.join(str(error).split())}") from error
    write_about(out, material.facts, material.plan, material.fingerprint)
    found = judge_cuts(best, material, is_exact=True, is_mirrored=recipe.network.is_mirrored)
    told = {cut: one.told for cut, one in found.items()}
    metrics = {
        "seed": recipe.seed,
        "fingerprint": material.fingerprint,
        "origins": material.origins,
        "pictures": {"train": len(material.training), "val": max(map(len, material.choosing.values()))},
        "parameters": sum(weight.numel() for weight in best.parameters()),
        "epochs": training.epoch,
        "best_epoch": training.best_epoch,
        "minutes": round(training.spent_s / 60, 1),
        "val": told,
    }
    write_result(out, "train", recipe.model_dump(), metrics)
    draw_history(out / EPOCHS, out / "figures")
    return Result(out, metrics, material.notices + training.cut_short + told_failings(told.items()))
