"""ResEmoteNet: the official checkpoints of seven expressions become ONNX files.

Roy et al., "ResEmoteNet: Bridging Accuracy and Loss Reduction in Facial Emotion Recognition", IEEE Signal Processing
Letters, 2024. The tensors are named as in ``fer2013_model.pth``, ``rafdb_model.pth`` and ``affectnet7_model.pth``.
"""

from itertools import pairwise
from pathlib import Path

from mien.inference.conversion.onnx_graph import GraphWriter
from mien.inference.conversion.output_names import INPUT, LOGITS
from mien.inference.conversion.readers.torch_checkpoint import read_tensors

SIDE_PX = 64
_CONVOLUTIONS = (("conv1", "bn1"), ("conv2", "bn2"), ("conv3", "bn3"))
_BLOCKS = ("res_block1", "res_block2", "res_block3")
_DENSE = ("fc1", "fc2", "fc3", "fc4")


def convert(source: Path, target: Path) -> None:
    """Write ``target``: ``images`` (n, 3, 64, 64), three times the grey image as ImageNet's are normalised, to
    ``logits`` (n, classes).

    Widths are those of the checkpoint. Raises ModelCorrupt, with nothing at ``target``, where the checkpoint is of
    another network.
    """
    graph = GraphWriter(read_tensors(source))
    value = INPUT
    widths = [3, *(graph.width(layer) for layer, _ in _CONVOLUTIONS)]
    for (layer, norm), (before, after) in zip(_CONVOLUTIONS, pairwise(widths), strict=True):
        graph.tensor(f"{layer}.weight", (after, before, 3, 3))
        value = graph.max_pool(graph.relu(graph.convolution(value, layer, norm, padding=1)), kernel=2, stride=2)
    value = _excited(graph, value, widths[-1])
    widths = [widths[-1], *(graph.width(f"{block}.conv1") for block in _BLOCKS)]
    for block, (before, after) in zip(_BLOCKS, pairwise(widths), strict=True):
        value = _residual(graph, value, block, (before, after))
    value, classes = _classified(graph, graph.flattened(graph.global_average(value)), widths[-1])
    graph.output(LOGITS, value, (classes,))
    graph.write(target, (3, SIDE_PX, SIDE_PX))


def _excited(graph: GraphWriter, value: str, width: int) -> str:
    """Squeeze and excitation: every map times a number that all of them together decide."""
    squeezed = graph.width("se.fc.0")
    graph.tensor("se.fc.0.weight", (squeezed, width))
    graph.tensor("se.fc.2.weight", (width, squeezed))
    means = graph.flattened(graph.global_average(value))
    factors = graph.sigmoid(graph.linear(graph.relu(graph.linear(means, "se.fc.0")), "se.fc.2"))
    return graph.multiplied(value, graph.reshaped(factors, 0, width, 1, 1))


def _residual(graph: GraphWriter, value: str, block: str, widths: tuple[int, int]) -> str:
    """Two convolutions, the first of which halves the side, and one past them."""
    before, after = widths
    graph.tensor(f"{block}.conv1.weight", (after, before, 3, 3))
    graph.tensor(f"{block}.conv2.weight", (after, after, 3, 3))
    graph.tensor(f"{block}.shortcut.0.weight", (after, before, 1, 1))
    inner = graph.relu(graph.convolution(value, f"{block}.conv1", f"{block}.bn1", stride=2, padding=1))
    inner = graph.convolution(inner, f"{block}.conv2", f"{block}.bn2", padding=1)
    past = graph.convolution(value, f"{block}.shortcut.0", f"{block}.shortcut.1", stride=2)
    return graph.relu(graph.added(inner, past))


def _classified(graph: GraphWriter, value: str, width: int) -> tuple[str, int]:
    """Dense layers with ReLU between them, and how many classes they end in."""
    widths = [width, *(graph.width(layer) for layer in _DENSE)]
    for layer, (before, after) in zip(_DENSE, pairwise(widths), strict=True):
        graph.tensor(f"{layer}.weight", (after, before))
        value = graph.linear(value if layer == _DENSE[0] else graph.relu(value), layer)
    return value, widths[-1]
