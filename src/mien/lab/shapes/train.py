"""``mien lab train-mesh``: the classifier that reads expressions off the shape of a face alone."""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from torch import nn

from mien.domain.errors import ResultError, UsageError
from mien.lab.datasets.crops import CropPlan, Lot, take_lot
from mien.lab.datasets.labels import NO_LABEL
from mien.lab.datasets.manifest import Floats, Manifest, read_manifest
from mien.lab.datasets.parts import check_parts, told_absent
from mien.lab.learning.judging import Answered, Cut, judge, judged_lots, told_unaligned
from mien.lab.learning.perceptron import Dropout, Epochs, LearningRate, PerceptronRecipe, fit
from mien.lab.learning.temperature import Doubles, fit_temperature
from mien.lab.recipe import Table
from mien.lab.result import Progress, Result, check_free, no_progress, write_result
from mien.lab.shapes.material import crop_spec, find_shapes, plan_faces
from mien.vision.mesh_network import MeshNetwork
from mien.vision.recognition.perceptron import Perceptron

MODEL_FILE = "mesh.onnx"
OPSET, IR_VERSION = 17, 8


class ShapePerceptron(PerceptronRecipe):
    """How the perceptron that reads shapes is learnt."""

    epochs: Epochs = 60
    learning_rate: LearningRate = 4e-3
    input_dropout: Dropout = 0.0
    dropout: Dropout = 0.2


class ShapeRecipe(Table):
    """Everything that decides what is learnt but the dataset."""

    perceptron: ShapePerceptron = ShapePerceptron()


def run(
    recipe: ShapeRecipe, dataset: Path, network: MeshNetwork, folder: Path, progress: Progress = no_progress
) -> Result:
    """Learn the votes of a manifest, calibrate on its part to choose by, write ``mesh.onnx`` and ``metrics.json``.

    Every face is learnt in all views: as it lies in a ready-made crop, as serving cuts it, and mirrored. Raises
    UsageError where the dataset cannot be learnt from or the folder holds what a verb made, SourceError, ModelError,
    ResultError.
    """
    check_free(folder)
    manifest = read_manifest(dataset)
    check_parts(manifest, str(dataset))
    plan = plan_faces(manifest.facts)
    chooses = _labelled(manifest.part("val"))
    choosing = judged_lots(take_lot(chooses, plan, progress), chooses)
    trains = manifest.part("train")
    training = take_lot(trains.select(np.flatnonzero(trains.targets.any(axis=1))), plan, progress)
    views = _views(training, plan, network, progress)
    perceptron = fit(views, training.targets, nn.functional.cross_entropy, recipe.perceptron)
    answers = {
        cut: perceptron.answers(find_shapes(lot, cut, plan, network, progress).features).astype(np.float64)
        for cut, lot in choosing.items()
    }
    temperature = temperature_of(answers, choosing)
    content = as_onnx(perceptron, temperature, _about(recipe, manifest, plan, temperature))
    _keep(content, folder / MODEL_FILE)
    labels = manifest.facts.labels
    metrics = {
        "seed": recipe.perceptron.seed,
        "fingerprint": manifest.fingerprint,
        "pictures": {"train": len(training), "val": max(map(len, choosing.values()))},
        "temperature": temperature,
        "size_bytes": len(content),
        "sha256": hashlib.sha256(content).hexdigest(),
        "val": {cut: judge(Answered(answers[cut], None), choosing[cut], labels, temperature).told for cut in choosing},
    }
    write_result(folder, "train-mesh", recipe.model_dump(), metrics)
    return Result(folder, metrics, told_absent(chooses, "val") + told_unaligned(chooses))


def temperature_of(answers: Mapping[Cut, Doubles], lots: Mapping[Cut, Lot]) -> float:
    """The temperature that makes the answers to aligned faces honest, for that is how they are served."""
    return fit_temperature(answers["aligned"], lots["aligned"].label)


def as_onnx(perceptron: Perceptron, temperature: float, about: Mapping[str, str]) -> bytes:
    """A file that takes ``features`` (n, 1, 1, 820) of `mesh_features` → ``probabilities`` (n, k), calibrated.

    A row of a picture, because that is what is tried on the files of every model.
    """
    tensors = {
        "mean": perceptron.mean,
        "scale": perceptron.scale,
        "first": perceptron.first,
        "first_bias": perceptron.first_bias,
        "second": perceptron.second / np.float32(temperature),
        "second_bias": perceptron.second_bias / np.float32(temperature),
    }
    nodes = [
        helper.make_node("Flatten", ["features"], ["rows"]),
        helper.make_node("Sub", ["rows", "mean"], ["centred"]),
        helper.make_node("Mul", ["centred", "scale"], ["scaled"]),
        helper.make_node("Gemm", ["scaled", "first", "first_bias"], ["before"]),
        helper.make_node("Relu", ["before"], ["hidden"]),
        helper.make_node("Gemm", ["hidden", "second", "second_bias"], ["logits"]),
        helper.make_node("Softmax", ["logits"], ["probabilities"], axis=1),
    ]
    taken = helper.make_tensor_value_info("features", TensorProto.FLOAT, ["n", 1, 1, len(perceptron.mean)])
    given = helper.make_tensor_value_info("probabilities", TensorProto.FLOAT, ["n", len(perceptron.second_bias)])
    weights = [numpy_helper.from_array(values, name) for name, values in tensors.items()]
    graph = helper.make_graph(nodes, "mesh_expressions", [taken], [given], weights)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR_VERSION)
    model.producer_name = "mien.lab"
    helper.set_model_props(model, dict(about))
    onnx.checker.check_model(model, full_check=True)
    return bytes(model.SerializeToString())


def _labelled(chooses: Manifest) -> Manifest:
    """Those pictures of the part to choose by that say whether an answer is right."""
    labelled = chooses.select(chooses.label != NO_LABEL)
    if not labelled.has_face.any():
        raise UsageError("the dataset has no labelled picture with landmarks in its part val")
    return labelled


def _views(lot: Lot, plan: CropPlan, network: MeshNetwork, progress: Progress) -> Floats:
    """The features of a lot, (v, n, 820), in all views."""
    cuts: tuple[Cut, ...] = ("given", "aligned") if plan.is_ready_made else ("aligned",)
    found = [find_shapes(lot, cut, plan, network, progress) for cut in cuts]
    return np.stack([one.features for one in found] + [one.mirrored for one in found])


def _about(recipe: ShapeRecipe, manifest: Manifest, plan: CropPlan, temperature: float) -> dict[str, str]:
    """What the file says of itself."""
    facts = manifest.facts
    return {
        "labels": json.dumps(list(facts.labels)),
        "template": json.dumps(crop_spec(plan).template),
        "temperature": f"{temperature:.4f}",
        "recipe": recipe.model_dump_json(),
        "trained_on": "; ".join(filter(None, (facts.source, facts.licence))),
        "fingerprint": manifest.fingerprint,
    }


def _keep(content: bytes, path: Path) -> None:
    """Write a file whole or not at all."""
    pending = path.with_name(f"{path.name}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        pending.write_bytes(content)
        pending.replace(path)
    except OSError as error:
        raise ResultError(f"{path} could not be written: {error.strerror or error}") from error
