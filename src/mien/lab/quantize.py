"""``mien lab quantize``: an exported network in int8, kept where it is as right as it was."""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from mien.domain.errors import UsageError
from mien.evaluation.judging.classification import classify_quality
from mien.inference.measuring.precisions import LEAST_ITEMS, MOST_LOSS
from mien.inference.measuring.quantising import quantise
from mien.inference.opening import open_runtime
from mien.inference.session import Precision, RuntimeSettings
from mien.lab.datasets.crops import Lot, recut
from mien.lab.datasets.labels import NO_LABEL
from mien.lab.datasets.manifest import read_manifest
from mien.lab.evaluate import lots_of
from mien.lab.export import exported_onnx
from mien.lab.exports.proving import Floats
from mien.lab.learning.judging import as_tensor
from mien.lab.learning.trained import Trained, open_run
from mien.lab.result import Progress, Result, no_progress, write_result

INT8 = "model.int8.onnx"
_CALIBRATING = 128
_BATCH = 64


@dataclass(frozen=True, slots=True)
class QuantizeRecipe:
    """Which exported run is quantised, and on which part of its dataset it is judged."""

    run: Path
    split: str = "val"


def run(recipe: QuantizeRecipe, progress: Progress = no_progress) -> Result:
    """Bring the ONNX file of a run into int8, calibrated on training faces and judged on others.

    The file is kept where accuracy falls by no more than two tenths of a point. Raises SourceNotFound where the run was
    not exported, UsageError where too few pictures judge it, ModelError.
    """
    trained = open_run(recipe.run)
    source = exported_onnx(trained)
    target = source.with_name(INT8)
    manifest = read_manifest(Path(trained.recipe.dataset))
    trains, judges = manifest.part("train"), manifest.part(recipe.split)
    judges = judges.select(judges.label != NO_LABEL)
    if len(judges) < LEAST_ITEMS:
        raise UsageError(f"expected at least {LEAST_ITEMS} labelled pictures in {recipe.split}, found {len(judges)}")
    rows = np.unique(np.linspace(0, len(trains) - 1, _CALIBRATING).astype(np.int64))
    calibrating = faces(lots_of(trains.select(rows), trained)["aligned"], trained)
    pending = target.with_name(f"pending-{INT8}")
    layers = quantise(
        source, pending, [face[None] for face in calibrating], lambda done, total: progress("layers", done, total)
    )
    lot = lots_of(judges, trained, progress)["aligned"]
    accuracy = {"f32": _accuracy(source, "f32", lot, trained), "int8": _accuracy(pending, "int8", lot, trained)}
    sizes = {"f32": source.stat().st_size, "int8": pending.stat().st_size}
    loss = accuracy["f32"] - accuracy["int8"]
    is_kept = loss <= MOST_LOSS + 1e-9
    _keep(pending, target, is_kept=is_kept)
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
    write_result(recipe.run / "export", "quantize", asdict(recipe), metrics, "quantize.json")
    lost = f"int8 loses {100 * loss:.2f} points, allowed are {100 * MOST_LOSS:g}: not kept"
    return Result(recipe.run / "export", metrics, () if is_kept else (lost,))


def _keep(pending: Path, target: Path, *, is_kept: bool) -> None:
    if is_kept:
        pending.replace(target)
    else:
        pending.unlink()
        target.unlink(missing_ok=True)


def faces(lot: Lot, trained: Trained) -> Floats:
    """Faces (n, c, s, s) of 0..255 as serving cuts them."""
    crops = recut(lot.images, lot.placements, trained.side_px)
    return np.ascontiguousarray(as_tensor(crops).numpy(), np.float32)


def _accuracy(path: Path, precision: Precision, lot: Lot, trained: Trained) -> float:
    session = open_runtime(RuntimeSettings()).load(path, precision=precision)
    shares = []
    for start in range(0, len(lot), _BATCH):
        part = lot.select(np.arange(start, min(start + _BATCH, len(lot))))
        shares.append(session.run(faces(part, trained))["probabilities"])
    return classify_quality(np.concatenate(shares), lot.label, np.zeros(0, np.int64), trained.labels).accuracy
