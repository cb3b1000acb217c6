"""MobileFaceNet of FaceX-Zoo: its checkpoint becomes an ONNX file, proven on a stored embedding.

Chen, Liu, Gao and Han, "MobileFaceNets: Efficient CNNs for Accurate Real-Time Face Verification on Mobile Devices",
2018; the width and depth of FaceX-Zoo (Wang et al., 2021), 112×112 px to 512 numbers.
"""

import json
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mien.domain.errors import ModelCorrupt
from mien.inference.conversion.onnx_graph import GraphWriter
from mien.inference.conversion.readers.torch_stream import Floats, read_tensors
from mien.inference.onnx_runtime import OnnxRuntime

OUTPUT = "embeddings"
SIDE_PX = 112
EMBEDDING = 512
_MEAN, _SCALE = 127.5, 1 / 128
_STAGES = ((64, 128, 4), (128, 256, 6), (128, 256, 2))  # channels, width inside a block, blocks
_NAMES = ("conv_3", "conv_4", "conv_5")
_ENTRIES = (("conv_23", 64, 128), ("conv_34", 64, 256), ("conv_45", 128, 512))  # name, channels before, width inside
_LEAST_COSINE = 0.9999
_MOST_DIFFERENCE = 1e-3
_REFERENCE = Path(__file__).with_name("mobilefacenet_reference.json")


def convert(source: Path, target: Path) -> None:
    """Write ``target``: ``images`` (n, 3, 112, 112) float32 BGR 0..255 to ``embeddings`` (n, 512), not normalised.

    Raises ModelCorrupt, with nothing useful at ``target``, where the checkpoint is of another network or the written
    file does not give the stored embedding.
    """
    tensors = read_tensors(source)
    graph = GraphWriter(tensors)
    value = graph.scaled("images", _MEAN, _SCALE)
    value = _activated(graph, value, "conv1", (64, 3, 3, 3), stride=2)
    value = _activated(graph, value, "conv2_dw", (64, 1, 3, 3), stride=1)
    for (entry, before, inside), name, (channels, width, blocks) in zip(_ENTRIES, _NAMES, _STAGES, strict=True):
        value = _bottleneck(graph, value, entry, (before, inside, channels), stride=2)
        for block in range(blocks):
            inner = _bottleneck(graph, value, f"{name}.model.{block}", (channels, width, channels), stride=1)
            value = graph.added(value, inner)
    value = _activated(graph, value, "conv_6_sep", (512, 128, 1, 1), stride=1)
    value = graph.convolution(value, "conv_6_dw", (512, 1, 7, 7), stride=1, padding=0)
    graph.linear(graph.flattened(value), "linear", "bn", (EMBEDDING, 512))
    graph.write(target, OUTPUT, (3, SIDE_PX, SIDE_PX), EMBEDDING)
    _check(target)


def reference_images() -> Floats:
    """The picture (1, 3, 112, 112), in whole numbers 0..255, to which the stored embedding belongs."""
    channel, row, column = np.ogrid[0:3, 0:SIDE_PX, 0:SIDE_PX]
    pattern: NDArray[np.intp] = ((row + 3) * (column + 5) // 16 + 40 * channel + 3 * abs(column - 56)) % 256
    return pattern[None].astype(np.float32)


def _activated(graph: GraphWriter, value: str, layer: str, shape: tuple[int, int, int, int], stride: int) -> str:
    convolved = graph.convolution(value, layer, shape, stride, padding=shape[2] // 2)
    return graph.prelu(convolved, f"{layer}.prelu", shape[0])


def _bottleneck(graph: GraphWriter, value: str, layer: str, widths: tuple[int, int, int], stride: int) -> str:
    """Widen, convolve every channel on its own, narrow."""
    before, inside, after = widths
    value = _activated(graph, value, f"{layer}.conv", (inside, before, 1, 1), stride=1)
    value = _activated(graph, value, f"{layer}.conv_dw", (inside, 1, 3, 3), stride)
    return graph.convolution(value, f"{layer}.project", (after, inside, 1, 1), stride=1, padding=0)


def _check(path: Path) -> None:
    """Raise ModelCorrupt where the file does not turn the reference picture into the stored embedding."""
    expected = np.array(json.loads(_REFERENCE.read_text(encoding="utf-8")), np.float32)
    found = OnnxRuntime().load(path).run(reference_images())[OUTPUT][0]
    found = found / np.linalg.norm(found)
    cosine, difference = float(found @ expected), float(np.abs(found - expected).max())
    if not (cosine > _LEAST_COSINE and difference < _MOST_DIFFERENCE):
        raise ModelCorrupt(
            f"the converted network does not give the stored embedding (cosine {cosine:.5f}, "
            f"largest difference {difference:.5f})"
        )
