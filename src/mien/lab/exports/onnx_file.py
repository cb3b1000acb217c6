"""ONNX: what mien itself runs; the file says how faces are cut for it, which labels it has, and what its card is."""

import json
import logging
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import onnx
import torch

from mien.inference.file_metadata import STATED_CARD, STATED_INPUT
from mien.inference.opening import open_runtime
from mien.inference.session import RuntimeSettings
from mien.lab.exports.proving import Answerer, Floats
from mien.lab.learning.trained import Trained
from mien.lab.networks.expression import ServedNetwork
from mien.lab.recipe import without_folders
from mien.lab.result import plain

OPSET = 18
_MOST = 4096


def write_onnx(served: ServedNetwork, trained: Trained, card: Mapping[str, Any], path: Path) -> None:
    """Write ``images`` (n, c, s, s) float32, 0..255 → ``probabilities`` (n, k) [, ``valence_arousal`` (n, 2)]."""
    channels = 1 if trained.plan.channels == "grey" else 3
    side = trained.side_px
    model = _graph(served, (channels, side, side), trained.recipe.network.valence_arousal)
    about = {
        "labels": json.dumps(list(trained.labels)),
        STATED_INPUT: json.dumps(trained.input),
        STATED_CARD: json.dumps(plain(card)),
        "temperature": f"{trained.calibration.temperature:.4f}",
        "fingerprint": trained.fingerprint,
        "recipe": without_folders(trained.recipe).model_dump_json(),
    }
    for key, value in about.items():
        entry = model.metadata_props.add()
        entry.key, entry.value = key, value
    model.producer_name = "mien.lab"
    onnx.checker.check_model(model, full_check=True)
    path.write_bytes(model.SerializeToString())


def onnx_answerer(path: Path) -> Answerer:
    """What answers by a file, on the runtime that serves, in f32."""
    session = open_runtime(RuntimeSettings(precision="f32")).load(path)

    def answer(images: Floats) -> list[Floats]:
        return list(session.run(images).values())

    return answer


def _graph(served: ServedNetwork, shape: tuple[int, int, int], has_levels: bool) -> onnx.ModelProto:
    batch = torch.export.Dim("n", min=1, max=_MOST)
    with warnings.catch_warnings(action="ignore"):
        logging.getLogger("torch.onnx").setLevel(logging.ERROR)
        program = torch.onnx.export(
            served,
            (torch.zeros(2, *shape),),
            input_names=["images"],
            output_names=["probabilities", "valence_arousal"][: 1 + has_levels],
            dynamic_shapes=({0: batch},),
            opset_version=OPSET,
            dynamo=True,
            verbose=False,
        )
    assert program is not None
    model = onnx.load_from_string(program.model_proto.SerializeToString())
    for node in model.graph.node:
        del node.metadata_props[:]  # traces of the machine that exported it
    del model.graph.metadata_props[:]
    for value in (*model.graph.value_info, *model.graph.input, *model.graph.output):
        del value.metadata_props[:]
    return model
