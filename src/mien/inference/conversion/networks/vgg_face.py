"""VGG-Face: its published torch file, or its Keras twin, becomes an ONNX file.

Parkhi, Vedaldi and Zisserman, "Deep Face Recognition", BMVC 2015. Two kinds of files are read: ``vgg_face_dag.pth``, by
the names of its layers, and a Keras Sequential such as ``vgg_face_weights.h5``, of whose layers the order counts alone.
The embedding is what the classifier would see: ``fc7`` after its ReLU. The classifier ``fc8`` is left out.
"""

from math import isqrt
from pathlib import Path

import h5py

from mien.domain.errors import ModelCorrupt
from mien.inference.conversion.onnx_graph import GraphWriter
from mien.inference.conversion.output_names import EMBEDDINGS, INPUT
from mien.inference.conversion.readers.keras_file import read_weights
from mien.inference.conversion.readers.torch_checkpoint import read_tensors
from mien.inference.session import Floats

_STAGES = (
    ("conv1_1", "conv1_2"),
    ("conv2_1", "conv2_2"),
    ("conv3_1", "conv3_2", "conv3_3"),
    ("conv4_1", "conv4_2", "conv4_3"),
    ("conv5_1", "conv5_2", "conv5_3"),
)  # a pooling ends each
_DENSE = ("fc6", "fc7")
_CLASSIFIER = "fc8"
_SHRINK = 2 ** len(_STAGES)


def convert(source: Path, target: Path) -> None:
    """Write ``target``: ``images`` (n, 3, 224, 224) to ``embeddings`` (n, 4096), not negative, not normalised.

    Which channels and values it takes is a matter of where the file comes from; its card says so. Widths and side are
    those of the checkpoint. Raises ModelCorrupt, with nothing at ``target``, where it is of another network.
    """
    graph = GraphWriter(_of_keras(source) if h5py.is_hdf5(source) else read_tensors(source))
    value = INPUT
    for stage in _STAGES:
        for layer in stage:
            value = graph.relu(graph.convolution(value, layer, padding=1))
        value = graph.max_pool(value, kernel=2, stride=2)
    value = graph.flattened(value)
    for layer in _DENSE:
        value = graph.relu(_dense(graph, value, layer))
    graph.output(EMBEDDINGS, value, graph.tensor(f"{_DENSE[-1]}.weight").shape[:1])
    side = _SHRINK * _last_side(graph)
    graph.write(target, (3, side, side), unused=(f"{_CLASSIFIER}.",))


def _dense(graph: GraphWriter, value: str, layer: str) -> str:
    """As ``GraphWriter.linear``, without the copies that folding makes: there are 120 million of these weights."""
    weight, bias = (graph.constant(layer, graph.tensor(f"{layer}.{part}")) for part in ("weight", "bias"))
    return graph.node("Gemm", value, weight, bias, transB=1)


def _last_side(graph: GraphWriter) -> int:
    """The side of the maps that the first dense layer sees: 7 of 224 px."""
    channels = len(graph.tensor(f"{_STAGES[-1][-1]}.weight"))
    pixels, rest = divmod(graph.tensor(f"{_DENSE[0]}.weight").shape[1], channels)
    side = isqrt(pixels)
    if rest or side**2 != pixels or not side:
        raise ModelCorrupt(f"the checkpoint is of another network: {_DENSE[0]} does not see square maps")
    return side


def _of_keras(source: Path) -> dict[str, Floats]:
    """The tensors as the torch file has them; in Keras every layer is a convolution, of a kernel (h, w, in, out)."""
    names = (*(layer for stage in _STAGES for layer in stage), *_DENSE, _CLASSIFIER)
    layers = read_weights(source)
    if [[weights.ndim for weights in layer] for layer in layers] != [[4, 1]] * len(names):
        raise ModelCorrupt(f"{source.name} is of another network: expected {len(names)} convolutions with biases")
    tensors: dict[str, Floats] = {}
    for name, (kernel, bias) in zip(names, layers, strict=True):
        weight = kernel.transpose(3, 2, 0, 1)
        tensors |= {f"{name}.weight": weight.reshape(len(weight), -1) if name in _DENSE else weight}
        tensors |= {f"{name}.bias": bias}
    return tensors
