"""ArcFace's residual networks (iResNet 18 to 200): the tensors of insightface's training become ONNX files.

Deng et al., "ArcFace: Additive Angular Margin Loss for Deep Face Recognition", CVPR 2019. The tensors are named as in
the ``backbone.pth`` of ``arcface_torch``.
"""

from collections.abc import Mapping
from pathlib import Path

from mien.inference.batches import Floats
from mien.inference.conversion.onnx_graph import GraphWriter
from mien.inference.conversion.output_names import EMBEDDINGS, INPUT

SIDE_PX = 112
_STAGES = ("layer1", "layer2", "layer3", "layer4")  # each halves the side of the maps
_LAST_CELLS = (SIDE_PX >> len(_STAGES)) ** 2


def write(tensors: Mapping[str, Floats], target: Path) -> None:
    """Write ``target``: ``images`` (n, 3, 112, 112) RGB, (pixel - 127.5) / 127.5, to ``embeddings`` (n, d).

    The embeddings are not normalised. Depth and widths are those of the checkpoint. Raises ModelCorrupt, with nothing
    at ``target``, where the checkpoint is of another network.
    """
    graph = GraphWriter(tensors)
    embeddings, size = embedded(graph)
    graph.output(EMBEDDINGS, embeddings, (size,))
    graph.write(target, (3, SIDE_PX, SIDE_PX))


def embedded(graph: GraphWriter) -> tuple[str, int]:
    """The embeddings (n, d) of the input, and d; raises ModelCorrupt."""
    width = graph.width("conv1")
    _expect(graph, {"conv1.weight": (width, 3, 3, 3), "prelu.weight": (width,)})
    value = graph.prelu(graph.convolution(INPUT, "conv1", "bn1", padding=1), "prelu")
    for stage in _STAGES:
        before, width = width, graph.width(f"{stage}.0.conv1")
        value = _residual(graph, value, f"{stage}.0", (before, width))
        for unit in range(1, graph.depth(stage)):
            value = _residual(graph, value, f"{stage}.{unit}", (width, width))
    size = graph.width("fc")
    _expect(graph, {"bn2.running_mean": (width,), "fc.weight": (size, width * _LAST_CELLS)})
    flat = graph.flattened(graph.batch_norm(value, "bn2"))
    return graph.linear(flat, "fc", "features"), size


def _residual(graph: GraphWriter, value: str, layer: str, widths: tuple[int, int]) -> str:
    """BN-Conv-BN-PReLU-Conv-BN; the first unit of a stage halves the side and has a convolution of its own past it."""
    before, after = widths
    is_first = layer.endswith(".0")
    stride = 2 if is_first else 1
    _expect(
        graph,
        {
            f"{layer}.bn1.running_mean": (before,),
            f"{layer}.conv1.weight": (after, before, 3, 3),
            f"{layer}.prelu.weight": (after,),
            f"{layer}.conv2.weight": (after, after, 3, 3),
        },
    )
    inner = graph.batch_norm(value, f"{layer}.bn1")  # before zeros are put around the maps, so it cannot be folded
    inner = graph.prelu(graph.convolution(inner, f"{layer}.conv1", f"{layer}.bn2", padding=1), f"{layer}.prelu")
    inner = graph.convolution(inner, f"{layer}.conv2", f"{layer}.bn3", stride, padding=1)
    if is_first:
        _expect(graph, {f"{layer}.downsample.0.weight": (after, before, 1, 1)})
        value = graph.convolution(value, f"{layer}.downsample.0", f"{layer}.downsample.1", stride)
    return graph.added(inner, value)


def _expect(graph: GraphWriter, shapes: dict[str, tuple[int, ...]]) -> None:
    """Raise ModelCorrupt unless the checkpoint has these tensors in these shapes."""
    for name, shape in shapes.items():
        graph.tensor(name, shape)
