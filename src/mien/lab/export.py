"""``mien lab export``: a trained network in the formats that others run, and with the card that makes mien run it."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch

from mien.domain.errors import ModelError, ResultError, SourceNotFound, UsageError
from mien.inference.file_metadata import sha256_of
from mien.lab.datasets.crops import Lot
from mien.lab.datasets.manifest import Manifest
from mien.lab.datasets.parts import told_absent
from mien.lab.evaluate import answer_as_served, judging_part, lot_for, lots_of, manifest_for
from mien.lab.exports.keras_file import import_keras, keras_answerer, write_keras
from mien.lab.exports.proving import Answerer, Floats, expected, prove
from mien.lab.learning.failings import told_failings
from mien.lab.learning.judging import Cut, judge, shown
from mien.lab.learning.learnt import check_unlearnt
from mien.lab.learning.trained import ABSTENTION, WEIGHTS, Trained, open_run, told_abstaining, trained_metrics
from mien.lab.networks.building import build_network, recogniser_of
from mien.lab.networks.expression import ServedNetwork
from mien.lab.recipe import without_folders
from mien.lab.result import (
    METRICS,
    Progress,
    Result,
    check_free,
    no_progress,
    plain,
    read_json,
    write_json,
    write_result,
)

Format = Literal["weights", "torchscript", "onnx", "h5", "keras"]
FILES: Mapping[Format, str] = {
    "weights": "weights.pt",
    "torchscript": "model.torchscript",
    "onnx": "model.onnx",
    "h5": "model.h5",
    "keras": "model.keras",
}
FOLDER, CARD = "export", "card.json"
INT8, QUANTIZED = "model.int8.onnx", "quantize.json"
"""What `mien lab quantize` makes of an export, and what it says of it."""

_CUTS: Mapping[Cut, str] = {"aligned": "cut as serving cuts them", "given": "as they lie in the set"}
"""As a card tells them: what is served comes first, for lists of models show no more than that."""
_SAMPLE = 16


@dataclass(frozen=True, slots=True)
class ExportRecipe:
    """Which run is exported, in which formats, and what its card says beside what is known of it.

    ``dataset`` is where the run's own lies by now, if that is not where it was trained.
    """

    run: Path
    dataset: Path | None = None
    out: Path | None = None
    formats: tuple[Format, ...] = tuple(FILES)
    description: str = ""
    licence: str = ""
    use: Literal["any", "research-only", "copyleft"] = "any"


def run(recipe: ExportRecipe, progress: Progress = no_progress) -> Result:
    """Write each format beside the others, after it was found to answer as the network does on real faces.

    The faces are those that the run chose by. What the folder holds of other weights or another calibration goes, and
    what was made of an earlier export. Raises UsageError for no format, a backend of Keras that is not there, a folder
    of a run, or a dataset by which the run cannot be judged; SourceError where it is gone, ModelError where a format
    differs, ResultError.
    """
    if not recipe.formats:
        raise UsageError(f"expected one or more formats of {', '.join(FILES)}")
    if {"h5", "keras"} & set(recipe.formats):
        import_keras()
    trained = open_run(recipe.run)
    manifest = manifest_for(trained, recipe.dataset)
    part = judging_part(manifest, "val")
    notices = check_unlearnt(recipe.run, manifest, ("val",)) + told_absent(part, "val")
    sample = sample_of(part, trained, _SAMPLE)
    notices += told_abstaining(trained.calibration)
    served = served_network(trained)
    wanted = expected(served, sample)
    out = recipe.out or recipe.run / FOLDER
    check_free(out, "export")
    judged = judge_as_served(trained, part, progress)
    card = card_of(trained, recipe, part, judged)
    origin = origin_of(trained)
    files = _kept(out, origin)
    for done, name in enumerate(recipe.formats):
        progress(name, done, len(recipe.formats))
        difference = _write(name, served, trained, card, (out / FILES[name], sample, wanted))
        path = out / FILES[name]
        digest, size = sha256_of(path), path.stat().st_size
        files[name] = {"file": path.name, "bytes": size, "sha256": digest, "difference": difference}
    calibration = plain(trained.calibration)
    write_json(out / CARD, {**card, "labels": trained.labels, "input": trained.input, "calibration": calibration})
    metrics: dict[str, Any] = {"seed": trained.recipe.seed, "fingerprint": trained.fingerprint, "origin": origin}
    metrics |= {"faces": len(sample), "files": files}
    write_result(out, "export", asdict(recipe), metrics)
    return Result(out, metrics, notices + told_failings(judged.items()) + _claims(trained, recipe))


def origin_of(trained: Trained) -> dict[str, Any]:
    """What the exports of a run are made of, as their ``metrics.json`` tells it: weights, by their sha256, calibration.

    Raises OSError.
    """
    return {"weights": sha256_of(trained.folder / WEIGHTS), "calibration": plain(trained.calibration)}


def _kept(out: Path, origin: Mapping[str, Any]) -> dict[str, Any]:
    """What an earlier export of the same origin left in a folder; what is of another one is removed."""
    told = read_json(out / METRICS, "mien lab export") if (out / METRICS).exists() else {}
    files = told.get("files", {})
    is_stale = told.get("origin") != origin
    stale = [FILES[name] for name in files if name in FILES] if is_stale else []
    try:
        for name in (*stale, INT8, QUANTIZED):
            (out / name).unlink(missing_ok=True)
    except OSError as error:
        raise ResultError(f"{out} could not be written: {error.strerror or error}") from error
    return {} if is_stale else {name: one for name, one in files.items() if (out / one["file"]).exists()}


def served_network(trained: Trained) -> ServedNetwork:
    """What is exported of a run: calibrated, and with mirror images where the recipe says so."""
    return ServedNetwork(trained.network, trained.calibration.temperature, trained.is_mirrored).eval()


def spread(part: Manifest, count: int) -> Manifest:
    """So many pictures, spread over a part, or all where it has fewer."""
    return part.select(np.unique(np.linspace(0, len(part) - 1, min(count, len(part))).astype(np.int64)))


def faces_of(lot: Lot, trained: Trained, cut: Cut = "aligned") -> Floats:
    """The faces (n, c, s, s) of 0..255 as a run sees them."""
    return np.concatenate([np.ascontiguousarray(faces.numpy()) for faces in shown(lot, cut, trained.side_px)])


def sample_of(part: Manifest, trained: Trained, count: int) -> Floats:
    """Real faces (n, c, s, s) of 0..255 of a part, cut as serving cuts them; raises SourceError."""
    return faces_of(lot_for(spread(part, count), trained), trained)


def exports_of(trained: Trained) -> dict[Format, Path]:
    """The exported files of a run as it is now, by their format.

    Raises SourceNotFound where nothing was exported, or what is there is not what an export of its weights and its
    calibration wrote; SourceUnreadable.
    """
    folder = trained.folder / FOLDER
    told = read_json(folder / METRICS, "mien lab export")
    if told.get("origin") != origin_of(trained):
        raise SourceNotFound(f"{folder} is older than the run's training or calibration: make it with mien lab export")
    files: dict[Format, Path] = {}
    for name, one in told["files"].items():
        path = folder / one["file"]
        if path.exists() and sha256_of(path) != one["sha256"]:
            raise SourceNotFound(f"{path} is not the file that was exported: make it with mien lab export")
        if path.exists():
            files[name] = path
    return files


def judge_as_served(trained: Trained, part: Manifest, progress: Progress = no_progress) -> dict[Cut, dict[str, Any]]:
    """How good a run is on the pictures of a part, calibrated and with mirror images as it is served."""
    found: dict[Cut, dict[str, Any]] = {}
    for cut, lot in lots_of(part, trained, progress).items():
        answered = answer_as_served(trained, lot, cut, progress)
        found[cut] = judge(answered, lot, trained.labels, trained.calibration.temperature).told
    return {cut: found[cut] for cut in _CUTS if cut in found}


def card_of(
    trained: Trained, recipe: ExportRecipe, part: Manifest, judged: Mapping[Cut, Mapping[str, Any]]
) -> dict[str, Any]:
    """What the model's card is to say, from what is known of the run and how it was ``judged`` on a part."""
    pictures, network = trained_metrics(trained.folder)["pictures"], trained.recipe.network
    facts = trained.facts
    data = [f"trained on: {facts.licence}"] if facts.licence else []
    parameters = sum(weight.numel() for weight in trained.network.parameters()) / 1e6
    told = f"{network.kind}, {parameters:.1f} million parameters, {network.side_px} px {network.channels}"
    measured = [
        {
            "name": name,
            "value": round(found[name], 4),
            "on": f"{found['count']} pictures of {part.facts.source} to choose by, {_CUTS[cut]}",
        }
        for cut, found in judged.items()
        for name in ("accuracy", "macro_recall", "macro_f1", "ece")
    ] + [
        {"name": f"{level}_{name}", "value": round(one[name], 4), "on": f"{one['count']} pictures, {_CUTS[cut]}"}
        for cut, found in judged.items()
        for level, one in (found["levels"] or {}).items()
        if one["count"]
        for name in ("ccc", "mae")
    ]
    abstention = trained.calibration.abstention
    learnt = f"{facts.source}: {pictures['train']} pictures to learn from"
    return {
        "description": recipe.description or f"{told}, trained in mien's lab",
        "data": "; ".join([f"{learnt}, fingerprint {trained.fingerprint[:12]}", *_begun_with(trained)]),
        "licence_weights": recipe.licence or "; ".join(["of whoever trained it", *data]),
        "allowed_use": recipe.use,
        "limits": [
            "judged on pictures to choose by: expect less of others",
            "results by group of people are not known, unless mien lab evaluate showed them",
            "an apparent expression is no feeling",
        ],
        "settings": {ABSTENTION: abstention} if abstention else {},
        "measured": measured,
    }


def _claims(trained: Trained, recipe: ExportRecipe) -> tuple[str, ...]:
    """What the card allows although nobody has said that it may be, in a sentence, if there is something."""
    known = [f"its pictures are under {trained.facts.licence!r}"] if trained.facts.licence else []
    if recipe.use != "any" or not (known := [*known, *_begun_with(trained)]):
        return ()
    return (f"the card allows any use ({'; '.join(known)}): choose another with --use where that does not bear it",)


def _begun_with(trained: Trained) -> Iterator[str]:
    """What a run knew before it saw its pictures, and from whom else it learnt."""
    recipe, origins = without_folders(trained.recipe), trained_metrics(trained.folder).get("origins", {})
    match recipe.network.start:
        case "recogniser":
            yield f"started from the recogniser {recogniser_of(recipe.network)}{_short(origins.get('weights'))}"
        case "weights":
            yield f"started from {recipe.network.weights}{_short(origins.get('weights'))}"
    if recipe.distillation.teachers:
        known = origins.get("teachers") or [{"name": name, "sha256": None} for name in recipe.distillation.teachers]
        yield f"taught by {', '.join(one['name'] + _short(one['sha256']) for one in known)}"


def _short(sha256: str | None) -> str:
    return f" ({sha256[:12]})" if sha256 else ""  # runs of before did not keep it


def _write(
    name: Format,
    served: ServedNetwork,
    trained: Trained,
    card: Mapping[str, Any],
    proof: tuple[Path, Floats, tuple[Floats, ...]],
) -> float:
    """Write one format to a path if it answers to the sample as is wanted; returns how far it is off."""
    path, sample, wanted = proof
    pending = path.with_name(f"pending-{path.name}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        answerer = _written(name, served, trained, card, pending)
        difference = prove(path.name, answerer, sample, wanted)
        pending.replace(path)
    except (OSError, RuntimeError) as error:
        if isinstance(error, OSError):
            raise ResultError(f"{path} could not be written: {error.strerror or error}") from error
        raise ModelError(f"{path.name} cannot be made of this network: {' '.join(str(error).split())[:300]}") from error
    finally:
        pending.unlink(missing_ok=True)
    return difference


def _written(name: Format, served: ServedNetwork, trained: Trained, card: Mapping[str, Any], path: Path) -> Answerer:
    shape = (1 if trained.plan.channels == "grey" else 3, trained.side_px, trained.side_px)
    match name:
        case "weights":
            torch.save(served.network.state_dict(), path)
            return _weights_answerer(trained, path)
        case "torchscript":
            from mien.lab.exports.torchscript import torchscript_answerer, write_torchscript

            write_torchscript(served, shape, path)
            return torchscript_answerer(path)
        case "onnx":
            from mien.lab.exports.onnx_file import onnx_answerer, write_onnx

            write_onnx(served, trained, card, path)
            return onnx_answerer(path)
        case "h5" | "keras":
            write_keras(served, shape, path)
            return keras_answerer(path)


def _weights_answerer(trained: Trained, path: Path) -> Answerer:
    """The network built anew from its recipe, with the weights of a file."""
    network = build_network(trained.recipe.network, len(trained.labels))
    network.load_state_dict(torch.load(path, weights_only=True))
    calibration = trained.calibration
    rebuilt = ServedNetwork(network.eval(), calibration.temperature, trained.is_mirrored).eval()
    return partial(expected, rebuilt)
