"""MiniFASNet of Silent-Face-Anti-Spoofing: checkpoints of all its variants become ONNX files.

minivision-ai, "Silent-Face-Anti-Spoofing", 2020: a MobileFaceNet pruned to odd widths (V1, V2), with squeeze and
excitation in the last block of each stage (V1SE, V2SE), and three classes of which the second is a live face. What
predicts the Fourier spectrum in training is left out.
"""

from pathlib import Path

from mien.inference.conversion.networks.mobilefacenet import embedded
from mien.inference.conversion.onnx_graph import GraphWriter
from mien.inference.conversion.output_names import INPUT, LOGITS
from mien.inference.conversion.readers.torch_checkpoint import below, read_tensors

SIDE_PX = 80
CLASSES = 3


def convert(source: Path, target: Path) -> None:
    """Write ``target``: ``images`` (n, 3, 80, 80) BGR 0..255, as they are, to ``logits`` (n, 3), of which 1 is live.

    Raises ModelCorrupt, with nothing at ``target``, where the checkpoint is of another network.
    """
    tensors = read_tensors(source)
    graph = GraphWriter(below(tensors, "model") or tensors)  # the training network keeps it beside the Fourier branch
    graph.output(LOGITS, graph.linear(embedded(graph, INPUT), "prob"), (CLASSES,))
    graph.write(target, (3, SIDE_PX, SIDE_PX))
