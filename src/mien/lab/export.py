"""Writes a trained network as an ONNX file that says where it comes from, checked against the network first."""

import hashlib
import io
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx
import torch
from numpy.typing import NDArray
from onnx.reference import ReferenceEvaluator

from mien.domain.emotions import EMOTION_LABELS
from mien.inference.file_metadata import STATED_INPUT
from mien.lab.landmarks import Floats
from mien.lab.loop import Recipe
from mien.lab.networks import Probabilities, ResidualNetwork48

OPSET = 18
TOLERANCE = 1e-4
SIDE_PX = 48
ALIGNMENT = f"ferplus-{SIDE_PX}"


@dataclass(frozen=True, slots=True)
class Origin:
    """What a file has to say of itself: the recipe, the crop it was trained for and its temperature."""

    recipe: Recipe
    template: Floats
    temperature: float


def export(network: ResidualNetwork48, origin: Origin, sample: NDArray[np.uint8], path: Path) -> None:
    """Write ``path``: ``images`` (n, 1, 48, 48) float32 grey 0..255 → ``probabilities`` (n, 8), calibrated.

    Takes the network over (its last layer is divided by the temperature). Raises RuntimeError, and writes nothing,
    where the file would answer differently from the network on the grey pictures of ``sample`` (m, 48, 48).
    """
    served = Probabilities(network, origin.temperature).to(memory_format=torch.contiguous_format).eval()
    model = _graph(served)
    for key, value in _provenance(origin).items():
        entry = model.metadata_props.add()
        entry.key, entry.value = key, value
    model.producer_name = "mien.lab"
    onnx.checker.check_model(model, full_check=True)
    worst = disagreement(served, model, sample)
    if worst > TOLERANCE:
        raise RuntimeError(f"the exported graph differs from the network by {worst:.2e}, allowed is {TOLERANCE}")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(model.SerializeToString())


def disagreement(served: Probabilities, model: onnx.ModelProto, sample: NDArray[np.uint8]) -> float:
    """Largest difference of any probability between the network and the reference evaluation of its graph."""
    images = sample[:, None].astype(np.float32)
    with torch.inference_mode():
        expected = served(torch.from_numpy(images)).numpy()
    (found,) = ReferenceEvaluator(model).run(None, {"images": images})
    return float(np.abs(np.asarray(found) - expected).max())


def _graph(served: Probabilities) -> onnx.ModelProto:
    batch = torch.export.Dim("n", min=1, max=4096)
    buffer = io.BytesIO()
    program = torch.onnx.export(
        served,
        (torch.zeros(2, 1, 48, 48),),
        input_names=["images"],
        output_names=["probabilities"],
        dynamic_shapes=({0: batch},),
        opset_version=OPSET,
        dynamo=True,
        verbose=False,
    )
    assert program is not None
    program.save(buffer)
    model = onnx.load_from_string(buffer.getvalue())
    for node in model.graph.node:
        del node.metadata_props[:]  # traces of the machine that exported it
    del model.graph.metadata_props[:]
    for value in (*model.graph.value_info, *model.graph.input, *model.graph.output):
        del value.metadata_props[:]
    return model


def _provenance(origin: Origin) -> dict[str, str]:
    recipe = repr(origin.recipe)
    template = [[round(float(value), 3) for value in point] for point in origin.template]
    layout = {
        "shape": [1, SIDE_PX, SIDE_PX],
        "channels": "grey",
        "mean": 0,
        "scale": 1,
        "crop": {"alignment": ALIGNMENT, "size": SIDE_PX, "template": template},
    }
    return {
        "labels": json.dumps(list(EMOTION_LABELS)),
        "input": "images (n, 1, 48, 48) float32, grey (BT.601) 0..255, standardised inside the graph",
        "output": "probabilities (n, 8), softmax at the calibrated temperature",
        STATED_INPUT: json.dumps(layout),
        "temperature": f"{origin.temperature:.4f}",
        "recipe": recipe,
        "recipe_sha256": hashlib.sha256(recipe.encode()).hexdigest(),
        "seed": str(origin.recipe.seed),
        "trained_on": "FER+ Training (FER-2013 pictures, FER+ votes)",
        "licence": "Apache-2.0",
    }
