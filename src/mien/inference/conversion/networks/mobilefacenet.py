"""MobileFaceNet of FaceX-Zoo: its checkpoint becomes an ONNX file, proven on a stored embedding.

Chen, Liu, Gao and Han, "MobileFaceNets: Efficient CNNs for Accurate Real-Time Face Verification on Mobile Devices",
2018; the width and depth of FaceX-Zoo (Wang et al., 2021), 112×112 px to 512 numbers.
"""

import json
from collections.abc import Mapping
from pathlib import Path

from mien.inference.batches import Floats
from mien.inference.conversion.onnx_graph import GraphWriter
from mien.inference.conversion.output_names import EMBEDDINGS, INPUT
from mien.inference.conversion.proving import check_embedding, reference_images
from mien.inference.conversion.readers.torch_checkpoint import read_tensors
from mien.inference.file_metadata import STATED_INPUT

SIDE_PX = 112
FIRST_LAYER = "conv1.conv.weight"
_MEAN, _SCALE = 127.5, 1 / 128
_STAGES = (("conv_23", "conv_3"), ("conv_34", "conv_4"), ("conv_45", "conv_5"))  # the block that halves, the others
_REFERENCE = Path(__file__).with_name("mobilefacenet_reference.json")


def convert(source: Path, target: Path) -> None:
    """As `write`, of FaceX-Zoo's checkpoint; raises ModelCorrupt too where it does not give the stored embedding."""
    write(read_tensors(source), target)
    check_embedding(target, reference_images(), json.loads(_REFERENCE.read_text(encoding="utf-8")))


def write(tensors: Mapping[str, Floats], target: Path) -> None:
    """Write ``target``: ``images`` (n, 3, 112, 112) float32 BGR 0..255 to ``embeddings`` (n, d), not normalised.

    The file says in its metadata that it takes pixels as they are. Raises ModelCorrupt, with nothing at ``target``,
    where the checkpoint is of another network.
    """
    graph = GraphWriter(tensors)
    graph.output(EMBEDDINGS, embedded(graph, graph.scaled(INPUT, _MEAN, _SCALE)), (graph.width("linear"),))
    graph.state(STATED_INPUT, json.dumps({"channels": "bgr", "mean": 0, "scale": 1}))
    graph.write(target, (3, SIDE_PX, SIDE_PX))


def embedded(graph: GraphWriter, value: str) -> str:
    """The network of any width and depth, from pixels to an embedding (n, d); other networks build on it."""
    value = _activated(graph, value, "conv1", stride=2, padding=1)
    value = _separate(graph, value, "conv2_dw", stride=1)
    for entry, stage in _STAGES:
        value = _bottleneck(graph, value, entry, stride=2)
        for block in range(graph.depth(f"{stage}.model")):
            value = graph.added(value, _bottleneck(graph, value, f"{stage}.model.{block}", stride=1))
    value = _activated(graph, value, "conv_6_sep")
    value = graph.depthwise(value, "conv_6_dw.conv", "conv_6_dw.bn")
    return graph.linear(graph.flattened(value), "linear", "bn")


def _activated(graph: GraphWriter, value: str, layer: str, stride: int = 1, padding: int = 0) -> str:
    convolved = graph.convolution(value, f"{layer}.conv", f"{layer}.bn", stride, padding)
    return graph.prelu(convolved, f"{layer}.prelu")


def _separate(graph: GraphWriter, value: str, layer: str, stride: int) -> str:
    convolved = graph.depthwise(value, f"{layer}.conv", f"{layer}.bn", stride, padding=1)
    return graph.prelu(convolved, f"{layer}.prelu")


def _bottleneck(graph: GraphWriter, value: str, layer: str, stride: int) -> str:
    """Widen, convolve every channel on its own, narrow; then weigh the channels where the checkpoint says how."""
    value = _activated(graph, value, f"{layer}.conv")
    value = _separate(graph, value, f"{layer}.conv_dw", stride)
    value = graph.convolution(value, f"{layer}.project.conv", f"{layer}.project.bn")
    return _weighed(graph, value, f"{layer}.se_module") if graph.holds(f"{layer}.se_module") else value


def _weighed(graph: GraphWriter, value: str, layer: str) -> str:
    """Squeeze and excitation (Hu et al., CVPR 2018)."""
    squeezed = graph.convolution(graph.global_average(value), f"{layer}.fc1", f"{layer}.bn1")
    weights = graph.sigmoid(graph.convolution(graph.relu(squeezed), f"{layer}.fc2", f"{layer}.bn2"))
    return graph.multiplied(value, weights)
