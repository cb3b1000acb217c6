"""Trains the classifier of expressions from face meshes on FER+: ``python -m mien.lab.shapes.mesh_expressions``."""

import argparse
import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from mien.domain.emotions import EMOTION_LABELS
from mien.domain.faces import CropSpec, FaceCrops
from mien.evaluation.ferplus import SIDE_PX
from mien.evaluation.judging.classification import Classification, classify_quality
from mien.inference.model_card import InputLayout
from mien.inference.opening import open_runtime
from mien.inference.session import RuntimeSettings
from mien.lab.datasets.crops import Lot, plan_crops, take_lot
from mien.lab.datasets.labels import NO_LABEL
from mien.lab.datasets.manifest import Floats, Manifest, read_manifest
from mien.lab.learning.temperature import fit_temperature, softmax
from mien.lab.shapes.perceptron import Perceptron, PerceptronRecipe, fit
from mien.vision.emotion.mesh_classifier import meshes_of
from mien.vision.emotion.mesh_features import FEATURES, mesh_features
from mien.vision.mesh_network import SIDE_PX as MESH_PX
from mien.vision.mesh_network import MeshNetwork

MODEL_FILE = "fer8_mesh.onnx"
CROP_PX = 128
OPSET, IR_VERSION = 17, 8
BATCH = 256


@dataclass(frozen=True, slots=True)
class Shapes:
    """Features (n, 820) of the faces of a lot: in each picture as it is and as the pipeline would cut it."""

    as_given: Floats
    realigned: Floats
    mirrored: tuple[Floats, Floats]


def find_shapes(lot: Lot, template: Floats, network: MeshNetwork) -> Shapes:
    """The meshes of a lot, both cuts of each face, and what their mirror images would be."""
    as_they_are = np.tile(lot.lying, (len(lot), 1, 1))
    given, placed = (_features(lot.images, turns, template, network) for turns in (as_they_are, lot.placements))
    return Shapes(given[0], placed[0], (given[1], placed[1]))


def _features(
    images: NDArray[np.uint8], turns: Floats, template: Floats, network: MeshNetwork
) -> tuple[Floats, Floats]:
    """Features of pictures cut by matrices (n, 2, 3) from px of a 48 px crop to px of the picture; and mirrored."""
    spec = crop_spec(template)
    found = [np.zeros((len(images), FEATURES), np.float32) for _ in range(2)]
    for start in range(0, len(images), BATCH):
        batch = slice(start, start + BATCH)
        cuts = [_enlarged(image, turn) for image, turn in zip(images[batch], turns[batch], strict=True)]
        mesh = meshes_of(FaceCrops(np.repeat(np.array(cuts)[..., None], 3, axis=3), spec), network)
        for is_mirrored in (False, True):
            found[is_mirrored][batch] = mesh_features(mesh, is_mirrored)
    return found[0], found[1]


def crop_spec(template: Floats) -> CropSpec:
    """How the classifier wants faces cut: as FER+ cuts them, for a template (5, 2) in px of its pictures."""
    enlarged = (template + 0.5) * (CROP_PX / SIDE_PX) - 0.5  # pixel centres lie on whole numbers
    return CropSpec(CROP_PX, tuple((round(float(x), 3), round(float(y), 3)) for x, y in enlarged), "bgr")


def _enlarged(image: NDArray[np.uint8], turn: Floats) -> NDArray[np.uint8]:
    ratio = SIDE_PX / CROP_PX
    to_small = np.array([[ratio, 0, ratio / 2 - 0.5], [0, ratio, ratio / 2 - 0.5], [0, 0, 1]])
    matrix = turn.astype(np.float64) @ to_small
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return np.asarray(cv2.warpAffine(image, matrix, (CROP_PX, CROP_PX), flags=flags), np.uint8)


def judge(perceptron: Perceptron, shapes: Shapes, lot: Lot, temperature: float) -> dict[str, Classification]:
    """How good the answers to both cuts are, over the faces that have a majority label."""
    rows = np.flatnonzero(lot.label != NO_LABEL)
    nobody = np.zeros(0, np.int64)
    return {
        cut: classify_quality(
            softmax(perceptron.logits(features[rows]).astype(np.float64), temperature),
            lot.label[rows],
            nobody,
            EMOTION_LABELS,
        )
        for cut, features in (("given", shapes.as_given), ("aligned", shapes.realigned))
    }


def temperature_of(perceptron: Perceptron, shapes: Shapes, lot: Lot) -> float:
    """The temperature that makes the answers to both cuts honest."""
    rows = np.flatnonzero(lot.label != NO_LABEL)
    logits = perceptron.logits(np.concatenate([shapes.as_given[rows], shapes.realigned[rows]]))
    return fit_temperature(logits.astype(np.float64), np.tile(lot.label[rows], 2))


def export(perceptron: Perceptron, temperature: float, about: dict[str, str], path: Path) -> None:
    """Write ``path``: ``features`` (n, 1, 1, 820) of `mesh_features` → ``probabilities`` (n, 8), calibrated.

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
    helper.set_model_props(model, about)
    onnx.checker.check_model(model, full_check=True)
    path.write_bytes(model.SerializeToString())


def run(manifest: Manifest, network: MeshNetwork, recipe: PerceptronRecipe, folder: Path) -> dict[str, Any]:
    """Train on the pictures to train, calibrate on those to choose by, export, and say how good it is on the latter."""
    plan = plan_crops(manifest.facts, SIDE_PX, "grey")
    training, choosing = (take_lot(manifest.part(name), plan) for name in ("train", "val"))
    learnt, shown = (find_shapes(lot, plan.template, network) for lot in (training, choosing))
    variants = np.stack([learnt.as_given, learnt.realigned, *learnt.mirrored])
    perceptron = fit(variants, training.targets, recipe)
    temperature = temperature_of(perceptron, shown, choosing)
    spec = crop_spec(plan.template)
    about = {
        "labels": json.dumps(list(EMOTION_LABELS)),
        "template": json.dumps(spec.template),
        "temperature": f"{temperature:.4f}",
        "recipe": repr(recipe),
        "recipe_sha256": hashlib.sha256(repr(recipe).encode()).hexdigest(),
        "trained_on": f"{manifest.facts.source}, fingerprint {manifest.fingerprint}",
        "licence": "Apache-2.0",
    }
    export(perceptron, temperature, about, folder / MODEL_FILE)
    found = judge(perceptron, shown, choosing, temperature)
    report: dict[str, Any] = {"recipe": asdict(recipe), "template": spec.template, "temperature": temperature}
    report["val"] = {cut: asdict(one) for cut, one in found.items()}
    (folder / "report.json").write_text(json.dumps(report, indent=1), encoding="utf-8")
    return report


def main(arguments: Sequence[str] | None = None) -> None:
    """Parse the command line, train, and print where the model and the report lie."""
    parser = argparse.ArgumentParser(prog="python -m mien.lab.shapes.mesh_expressions", description=__doc__)
    parser.add_argument("--dataset", type=Path, required=True, help="the manifest of FER+ (mien lab import)")
    parser.add_argument("--mesh", type=Path, required=True, help="the face mesh as ONNX")
    parser.add_argument("--out", type=Path, required=True, help="folder for the model and the report")
    parser.add_argument("--seed", type=int, default=PerceptronRecipe().seed)
    chosen = parser.parse_args(arguments)
    chosen.out.mkdir(parents=True, exist_ok=True)
    recipe = PerceptronRecipe(seed=chosen.seed)
    session = open_runtime(RuntimeSettings(precision="f32")).load(chosen.mesh, (1, 3, MESH_PX, MESH_PX))
    network = MeshNetwork(session, InputLayout(shape=(3, MESH_PX, MESH_PX), channels="rgb", scale=1 / 255))
    report = run(read_manifest(chosen.dataset), network, recipe, chosen.out)
    print(json.dumps(report, indent=1))
    print(f"model and report are in {chosen.out}")


if __name__ == "__main__":
    main()
