"""MobileNetV2, and the face quality regressor made of it, become ONNX.

Sandler et al., "MobileNetV2: Inverted Residuals and Linear Bottlenecks", CVPR 2018, with torchvision's names below
``features``. The regressor is that of qualityface 1.0.3: one number from the mean of the last maps.
"""

from pathlib import Path

from mien.inference.conversion.onnx_graph import GraphWriter
from mien.inference.conversion.output_names import INPUT, QUALITY
from mien.inference.conversion.readers.torch_checkpoint import read_tensors

QUALITY_SIDE_PX = 128
_STRIDES = (1, 2, 1, 2, 1, 1, 2, 1, 1, 1, 1, 1, 1, 2, 1, 1, 1)  # of the blocks features.1 to features.17
LAST_FEATURE = len(_STRIDES) + 1
_FEATURES = "backbone.net.features."
_UNUSED = ("backbone.net.classifier.", "backbone.backbone.")  # ImageNet's classes, and the same network once more


def convert(source: Path, target: Path) -> None:
    """Write ``target``: ``images`` (n, 3, 128, 128) RGB, (pixel - 127.5) / 127.5, to ``quality`` (n, 1).

    The quality is what the regressor gives, without limits. Widths are those of the checkpoint. Raises ModelCorrupt,
    with nothing at ``target``, where the checkpoint is of another network.
    """
    graph = GraphWriter(read_tensors(source))
    graph.output(QUALITY, graph.linear(pooled_features(graph, INPUT, _FEATURES), "classify"), (1,))
    graph.write(target, (3, QUALITY_SIDE_PX, QUALITY_SIDE_PX), _UNUSED)


def pooled_features(graph: GraphWriter, value: str, prefix: str) -> str:
    """The means (n, channels) of the last maps of the network whose layers are called ``prefix`` and 0 to 18."""
    value = _activated(graph, value, f"{prefix}0", kernel=3, stride=2)
    for block, stride in enumerate(_STRIDES, 1):
        value = _inverted_residual(graph, value, f"{prefix}{block}.conv", stride)
    value = _activated(graph, value, f"{prefix}{LAST_FEATURE}", kernel=1)
    return graph.flattened(graph.global_average(value))


def _inverted_residual(graph: GraphWriter, value: str, layer: str, stride: int) -> str:
    """Widen, convolve every channel on its own, narrow; the first block does not widen. A sum where shapes are kept."""
    is_widened = graph.holds(f"{layer}.3")
    depthwise, narrow, norm = (f"{layer}.{part + is_widened}" for part in range(3))
    inner = _activated(graph, value, f"{layer}.0", kernel=1) if is_widened else value
    graph.tensor(f"{depthwise}.0.weight", (None, 1, 3, 3))
    inner = graph.clipped(graph.depthwise(inner, f"{depthwise}.0", f"{depthwise}.1", stride, padding=1), 0, 6)
    graph.tensor(f"{narrow}.weight", (None, None, 1, 1))
    inner = graph.convolution(inner, narrow, norm)
    after, before, *_ = graph.tensor(f"{layer}.0.0.weight").shape
    is_kept = stride == 1 and (before if is_widened else after) == graph.width(narrow)
    return graph.added(inner, value) if is_kept else inner


def _activated(graph: GraphWriter, value: str, layer: str, kernel: int, stride: int = 1) -> str:
    """A convolution that keeps the side of the maps but for its stride, with ReLU6."""
    graph.tensor(f"{layer}.0.weight", (None, None, kernel, kernel))
    return graph.clipped(graph.convolution(value, f"{layer}.0", f"{layer}.1", stride, kernel // 2), 0, 6)
