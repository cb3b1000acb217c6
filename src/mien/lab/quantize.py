"""``mien lab quantize``: an exported network in int8, kept where it is as right as it was."""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from mien.domain.errors import SourceNotFound, UsageError
from mien.evaluation.judging.classification import classify_quality
from mien.inference.measuring.precisions import LEAST_ITEMS, MOST_LOSS
from mien.inference.measuring.quantising import quantise
from mien.inference.opening import open_runtime
from mien.inference.session import Precision, RuntimeSettings
from mien.lab.datasets.crops import Lot
from mien.lab.datasets.labels import NO_LABEL
from mien.lab.datasets.manifest import Manifest
from mien.lab.evaluate import lot_for, manifest_for
from mien.lab.export import INT8, QUANTIZED, exports_of, sample_of
from mien.lab.learning.judging import shown, told_unaligned
from mien.lab.learning.learnt import check_unlearnt
from mien.lab.learning.trained import Trained, open_run
from mien.lab.result import Progress, Result, no_progress, write_result

_CALIBRATING = 128


@dataclass(frozen=True, slots=True)
class QuantizeRecipe:
    """Which exported run is quantised, and on which part of its dataset, or of another, it is judged."""

    run: Path
    dataset: Path | None = None
    split: str = "val"


def run(recipe: QuantizeRecipe, progress: Progress = no_progress) -> Result:
    """Bring the ONNX file of a run into int8, calibrated on training faces and judged on others, all of them aligned.

    The file is kept where accuracy falls by no more than two tenths of a point. Raises SourceNotFound where the run as
    it is now was not exported, UsageError where too few pictures judge it, or some that the run has learnt from;
    ModelError.
    """
    trained = open_run(recipe.run)
    source = exports_of(trained).get("onnx")
    if source is None:
        raise SourceNotFound(f"the export of {recipe.run} has no ONNX file: make it with mien lab export")
    target = source.with_name(INT8)
    manifest = manifest_for(trained, recipe.dataset)
    trains, judges = manifest.part("train"), manifest.part(recipe.split)
    notices = check_unlearnt(recipe.run, manifest, (recipe.split,)) + told_unaligned(judges)
    judges = _judging(judges, recipe.split)
    calibrating = sample_of(trains.select(trains.has_face), trained, _CALIBRATING)
    pending = target.with_name(f"pending-{INT8}")
    try:
        layers = quantise(
            source, pending, [face[None] for face in calibrating], lambda done, total: progress("layers", done, total)
        )
        lot = lot_for(judges, trained, progress)
        files: dict[Precision, Path] = {"f32": source, "int8": pending}
        accuracy = {name: _accuracy(path, name, lot, trained, progress) for name, path in files.items()}
        sizes = {name: path.stat().st_size for name, path in files.items()}
        loss = accuracy["f32"] - accuracy["int8"]
        is_kept = loss <= MOST_LOSS + 1e-9
        _keep(pending, target, is_kept=is_kept)
    finally:
        pending.unlink(missing_ok=True)
    metrics: dict[str, Any] = {
        "seed": trained.recipe.seed,
        "fingerprint": trained.fingerprint,
        "accuracy": accuracy,
        "pictures": len(lot),
        "calibrated_on": len(calibrating),
        "bytes": sizes,
        "layers": len(layers.layers) + len(layers.left),
        "left_in_f32": layers.left,
        "is_kept": is_kept,
    }
    write_result(source.parent, "quantize", asdict(recipe), metrics, QUANTIZED)
    lost = f"int8 loses {100 * loss:.2f} points, of which one picture is {100 / len(lot):.2f}; "
    lost += f"allowed are {100 * MOST_LOSS:g}: not kept"
    return Result(source.parent, metrics, notices + (() if is_kept else (lost,)))


def _judging(part: Manifest, split: str) -> Manifest:
    judges = part.select((part.label != NO_LABEL) & part.has_face)
    if len(judges) < LEAST_ITEMS:
        raise UsageError(f"expected at least {LEAST_ITEMS} labelled faces in {split}, found {len(judges)}")
    return judges


def _keep(pending: Path, target: Path, *, is_kept: bool) -> None:
    if is_kept:
        pending.replace(target)
    else:
        target.unlink(missing_ok=True)


def _accuracy(path: Path, precision: Precision, lot: Lot, trained: Trained, progress: Progress) -> float:
    session = open_runtime(RuntimeSettings()).load(path, precision=precision)
    batches = shown(lot, "aligned", trained.side_px, lambda _, done, total: progress(precision, done, total))
    shares = [session.run(np.ascontiguousarray(faces.numpy()))["probabilities"] for faces in batches]
    return classify_quality(np.concatenate(shares), lot.label, np.zeros(0, np.int64), trained.labels).accuracy
