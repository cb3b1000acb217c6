"""AdaFace's residual networks (IR-18 to IR-101): checkpoints of its training become ONNX files.

Kim, Jain and Liu, "AdaFace: Quality Adaptive Margin for Face Recognition", CVPR 2022. The tensors are named as in the
``.ckpt`` files of the official repository, where the network lies below ``model.`` beside the ``head.`` of its
training.
"""

from itertools import pairwise
from pathlib import Path

from mien.inference.conversion.onnx_graph import GraphWriter
from mien.inference.conversion.output_names import EMBEDDINGS, INPUT
from mien.inference.conversion.readers.torch_checkpoint import below, read_tensors

SIDE_PX = 112
_NETWORK = "model"
_STAGES = 4  # each halves the side of the maps
_LAST_CELLS = (SIDE_PX >> _STAGES) ** 2


def convert(source: Path, target: Path) -> None:
    """Write ``target``: ``images`` (n, 3, 112, 112) BGR, (pixel - 127.5) / 127.5, to ``embeddings`` (n, d).

    The embeddings are not normalised, for their norm is AdaFace's measure of quality. Depth and widths are those of
    the checkpoint. Raises ModelCorrupt, with nothing at ``target``, where the checkpoint is of another network.
    """
    tensors = read_tensors(source)
    graph = GraphWriter(below(tensors, _NETWORK) or tensors)
    width = graph.width("input_layer.0")
    graph.tensor("input_layer.0.weight", (width, 3, 3, 3))
    graph.tensor("input_layer.2.weight", (width,))
    value = graph.convolution(INPUT, "input_layer.0", "input_layer.1", padding=1)
    value = graph.prelu(value, "input_layer.2")
    units = range(graph.depth("body"))
    widths = [width, *(graph.width(f"body.{unit}.res_layer.1") for unit in units)]
    for unit, (before, after) in zip(units, pairwise(widths), strict=True):
        value = _residual(graph, value, f"body.{unit}", (before, after), is_halved=unit == 0 or after != before)
    value, size = _embedded(graph, value, widths[-1])
    graph.output(EMBEDDINGS, value, (size,))
    graph.write(target, (3, SIDE_PX, SIDE_PX))


def _embedded(graph: GraphWriter, value: str, width: int) -> tuple[str, int]:
    size = graph.width("output_layer.3")
    graph.tensor("output_layer.0.running_mean", (width,))
    graph.tensor("output_layer.3.weight", (size, width * _LAST_CELLS))
    flat = graph.flattened(graph.batch_norm(value, "output_layer.0"))
    return graph.linear(flat, "output_layer.3", "output_layer.4"), size


def _residual(graph: GraphWriter, value: str, layer: str, widths: tuple[int, int], *, is_halved: bool) -> str:
    """BN-Conv-BN-PReLU-Conv-BN; a unit of as many channels passes on every second pixel where it halves the side."""
    before, after = widths
    stride = 2 if is_halved else 1
    norm, first, norm_of_first, slopes, second, norm_of_second = (f"{layer}.res_layer.{index}" for index in range(6))
    graph.tensor(f"{norm}.running_mean", (before,))
    graph.tensor(f"{first}.weight", (after, before, 3, 3))
    graph.tensor(f"{slopes}.weight", (after,))
    graph.tensor(f"{second}.weight", (after, after, 3, 3))
    inner = graph.batch_norm(value, norm)  # before zeros are put around the maps, so it cannot be folded
    inner = graph.prelu(graph.convolution(inner, first, norm_of_first, padding=1), slopes)
    inner = graph.convolution(inner, second, norm_of_second, stride, padding=1)
    if before != after:
        graph.tensor(f"{layer}.shortcut_layer.0.weight", (after, before, 1, 1))
        value = graph.convolution(value, f"{layer}.shortcut_layer.0", f"{layer}.shortcut_layer.1", stride)
    elif is_halved:
        value = graph.max_pool(value, kernel=1, stride=stride)
    return graph.added(inner, value)
