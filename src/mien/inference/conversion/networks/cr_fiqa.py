"""CR-FIQA: ArcFace's residual network with a layer for the quality of the picture becomes an ONNX file.

Boutros et al., "CR-FIQA: Face Image Quality Assessment by Learning Sample Relative Classifiability", CVPR 2023. The
tensors are named as in ``32572backbone.pth`` of CR-FIQA(S) and ``181952backbone.pth`` of CR-FIQA(L).
"""

from pathlib import Path

from mien.inference.conversion.networks.iresnet import SIDE_PX, embedded
from mien.inference.conversion.onnx_graph import GraphWriter
from mien.inference.conversion.output_names import EMBEDDINGS, QUALITY
from mien.inference.conversion.readers.torch_checkpoint import read_tensors


def convert(source: Path, target: Path) -> None:
    """Write ``target``: ``images`` (n, 3, 112, 112) RGB, (pixel - 127.5) / 127.5, to ``embeddings`` and ``quality``.

    The embeddings (n, d) are not normalised; the quality (n, 1) is higher where a picture is better, and of no fixed
    range. Depth and widths are those of the checkpoint. Raises ModelCorrupt, with nothing at ``target``, where the
    checkpoint is of another network.
    """
    graph = GraphWriter(read_tensors(source))
    embeddings, size = embedded(graph)
    graph.tensor("qs.weight", (1, size))
    quality = graph.linear(embeddings, "qs")
    graph.output(EMBEDDINGS, embeddings, (size,))
    graph.output(QUALITY, quality, (1,))
    graph.write(target, (3, SIDE_PX, SIDE_PX))
