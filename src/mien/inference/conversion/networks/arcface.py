"""Recognisers of the ArcFace layout: torch checkpoints of insightface's training and of FaceX-Zoo become ONNX files."""

from pathlib import Path

from mien.inference.conversion.networks import iresnet, mobilefacenet
from mien.inference.conversion.readers.torch_checkpoint import below, read_tensors

_BACKBONE = "backbone"  # which FaceX-Zoo saves beside the head of its training


def convert(source: Path, target: Path) -> None:
    """Write ``target``: a residual network as `iresnet` does, a MobileFaceNet as `mobilefacenet` does.

    Raises ModelCorrupt, with nothing at ``target``, where the checkpoint is of another network.
    """
    tensors = read_tensors(source)
    tensors = below(tensors, _BACKBONE) or tensors
    write = mobilefacenet.write if mobilefacenet.FIRST_LAYER in tensors else iresnet.write
    write(tensors, target)
