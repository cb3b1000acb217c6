"""VGG-Face: its published torch file, or its Keras twin, becomes an ONNX file.

Parkhi, Vedaldi and Zisserman, "Deep Face Recognition", BMVC 2015. Read are torch files by the names of their layers
(``vgg_face_dag.pth``, DeepFace's ``vgg_face_weights.pth``) and the Keras Sequential of DeepFace's
``vgg_face_weights.h5`` by their order; in the last two the dense layers are convolutions. All hold the weights that
Oxford trained on RGB less the mean (129.1863, 104.7624, 93.5940), and so they are to be fed; DeepFace feeds BGR / 255.
The embedding is what the classifier would see: ``fc7`` after its ReLU. The classifier ``fc8`` is left out.
"""

from math import isqrt, prod
from pathlib import Path

import h5py

from mien.domain.errors import ModelCorrupt
from mien.inference.batches import Floats
from mien.inference.conversion.onnx_graph import GraphWriter
from mien.inference.conversion.output_names import EMBEDDINGS, INPUT
from mien.inference.conversion.readers.keras_file import read_weights
from mien.inference.conversion.readers.torch_checkpoint import read_tensors

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
    """Write ``target``: ``images`` (n, 3, 224, 224) RGB less the mean to ``embeddings`` (n, 4096).

    The embeddings are not negative and not normalised. Widths and side are those of the checkpoint. Raises
    ModelCorrupt, with nothing at ``target``, where it is of another network.
    """
    graph = GraphWriter(_of_keras(source) if h5py.is_hdf5(source) else read_tensors(source))
    value = INPUT
    for stage in _STAGES:
        for layer in stage:
            graph.tensor(f"{layer}.weight", (None, None, 3, 3))
            value = graph.relu(graph.convolution(value, layer, padding=1))
        value = graph.max_pool(value, kernel=2, stride=2)
    value = graph.flattened(value)
    for layer in _DENSE:
        value = graph.relu(_dense(graph, value, layer))
    graph.output(EMBEDDINGS, value, (graph.width(_DENSE[-1]),))
    side = _SHRINK * _last_side(graph)
    graph.write(target, (3, side, side), unused=(f"{_CLASSIFIER}.",))


def _dense(graph: GraphWriter, value: str, layer: str) -> str:
    """As ``GraphWriter.linear``, without the copies that folding makes: there are 120 million of these weights."""
    bias = graph.tensor(f"{layer}.bias", (graph.width(layer),))
    inputs = (graph.constant(layer, values) for values in (_matrix(graph, layer), bias))
    return graph.node("Gemm", value, *inputs, transB=1)


def _matrix(graph: GraphWriter, layer: str) -> Floats:
    """The weight (out, in) of a dense layer, or of one that is written as a convolution."""
    weight = graph.tensor(f"{layer}.weight")
    return weight.reshape(graph.width(layer), prod(weight.shape[1:]))


def _last_side(graph: GraphWriter) -> int:
    """The side of the maps that the first dense layer sees: 7 of 224 px."""
    channels = graph.width(_STAGES[-1][-1])
    pixels, rest = divmod(_matrix(graph, _DENSE[0]).shape[1], max(channels, 1))
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
        tensors |= {f"{name}.weight": kernel.transpose(3, 2, 0, 1), f"{name}.bias": bias}
    return tensors
