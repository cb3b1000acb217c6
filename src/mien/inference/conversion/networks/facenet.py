"""FaceNet: Inception-ResNet v1 of facenet-pytorch becomes an ONNX file.

Schroff, Kalenichenko and Philbin, "FaceNet", CVPR 2015; Szegedy et al., "Inception-v4, Inception-ResNet and the Impact
of Residual Connections on Learning", AAAI 2017. The tensors are named as in ``20180402-114759-vggface2.pt`` and
``20180408-102900-casia-webface.pt``; the classifier ``logits`` is left out.
"""

from collections.abc import Sequence
from pathlib import Path

from mien.inference.conversion.onnx_graph import GraphWriter
from mien.inference.conversion.output_names import EMBEDDINGS, INPUT
from mien.inference.conversion.readers.torch_checkpoint import read_tensors

SIDE_PX = 160
_Kernel = tuple[int, int]
_Branches = Sequence[Sequence[_Kernel]]
_NORM_EPSILON = 1e-3  # TensorFlow's, where the network comes from
_ONE, _THREE = (1, 1), (3, 3)
# Kernels (rows, columns) of the convolutions of each branch; the first three are named after the side at 299 px.
_BRANCHES_35 = ((_ONE,), (_ONE, _THREE), (_ONE, _THREE, _THREE))
_BRANCHES_17 = ((_ONE,), (_ONE, (1, 7), (7, 1)))
_BRANCHES_8 = ((_ONE,), (_ONE, (1, 3), (3, 1)))
_BRANCHES_6A = ((_THREE,), (_ONE, _THREE, _THREE))
_BRANCHES_7A = ((_ONE, _THREE), (_ONE, _THREE), (_ONE, _THREE, _THREE))
_BLOCKS_35, _BLOCKS_17, _BLOCKS_8 = 5, 10, 5
_SCALE_35, _SCALE_17, _SCALE_8 = 0.17, 0.10, 0.20


def convert(source: Path, target: Path) -> None:
    """Write ``target``: ``images`` (n, 3, 160, 160) RGB, (pixel - 127.5) / 128, to ``embeddings`` (n, 512).

    The embeddings are not normalised. Widths are those of the checkpoint. Raises ModelCorrupt, with nothing at
    ``target``, where the checkpoint is of another network.
    """
    graph = GraphWriter(read_tensors(source), _NORM_EPSILON)
    value = _stem(graph)
    for block in range(_BLOCKS_35):
        value = graph.relu(_residual(graph, value, f"repeat_1.{block}", _SCALE_35, _BRANCHES_35))
    value = _reduction(graph, value, "mixed_6a", _BRANCHES_6A)
    for block in range(_BLOCKS_17):
        value = graph.relu(_residual(graph, value, f"repeat_2.{block}", _SCALE_17, _BRANCHES_17))
    value = _reduction(graph, value, "mixed_7a", _BRANCHES_7A)
    for block in range(_BLOCKS_8):
        value = graph.relu(_residual(graph, value, f"repeat_3.{block}", _SCALE_8, _BRANCHES_8))
    value = _residual(graph, value, "block8", 1.0, _BRANCHES_8)
    embeddings = graph.linear(graph.flattened(graph.global_average(value)), "last_linear", norm="last_bn")
    graph.output(EMBEDDINGS, embeddings, (graph.width("last_linear"),))
    graph.write(target, (3, SIDE_PX, SIDE_PX), unused=("logits.",))


def _stem(graph: GraphWriter) -> str:
    value = _strided(graph, INPUT, "conv2d_1a", _THREE, stride=2)
    value = _strided(graph, value, "conv2d_2a", _THREE, stride=1)
    value = _same(graph, value, "conv2d_2b", _THREE)
    value = graph.max_pool(value, kernel=3, stride=2)
    value = _same(graph, value, "conv2d_3b", _ONE)
    value = _strided(graph, value, "conv2d_4a", _THREE, stride=1)
    return _strided(graph, value, "conv2d_4b", _THREE, stride=2)


def _residual(graph: GraphWriter, value: str, layer: str, scale: float, branches: _Branches) -> str:
    """The value plus ``scale`` times what its branches say of it together."""
    ends = [_branch(graph, value, f"{layer}.branch{index}", kernels) for index, kernels in enumerate(branches)]
    joined = graph.convolution(graph.concatenated(*ends), f"{layer}.conv2d")
    return graph.added(graph.multiplied(joined, graph.constant("scale", scale)), value)


def _reduction(graph: GraphWriter, value: str, layer: str, branches: _Branches) -> str:
    """Maps of half the side: branches that end in a stride, beside the largest of every window."""
    ends = [_branch(graph, value, f"{layer}.branch{index}", kernels, 2) for index, kernels in enumerate(branches)]
    return graph.concatenated(*ends, graph.max_pool(value, kernel=3, stride=2))


def _branch(graph: GraphWriter, value: str, layer: str, kernels: Sequence[_Kernel], stride: int = 1) -> str:
    """Convolutions one after the other; the stride, where there is one, is that of the last."""
    layers = [f"{layer}.{index}" for index in range(len(kernels))] if len(kernels) > 1 else [layer]
    for inner, kernel in zip(layers[:-1], kernels, strict=False):
        value = _same(graph, value, inner, kernel)
    if stride == 1:
        return _same(graph, value, layers[-1], kernels[-1])
    return _strided(graph, value, layers[-1], kernels[-1], stride)


def _same(graph: GraphWriter, value: str, layer: str, kernel: _Kernel) -> str:
    """A convolution that keeps the side of the maps."""
    graph.tensor(f"{layer}.conv.weight", (None, None, *kernel))
    rows, columns = kernel
    return graph.relu(graph.convolution(value, f"{layer}.conv", f"{layer}.bn", padding=(rows // 2, columns // 2)))


def _strided(graph: GraphWriter, value: str, layer: str, kernel: _Kernel, stride: int) -> str:
    """A convolution without padding."""
    graph.tensor(f"{layer}.conv.weight", (None, None, *kernel))
    return graph.relu(graph.convolution(value, f"{layer}.conv", f"{layer}.bn", stride))
