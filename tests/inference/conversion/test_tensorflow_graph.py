"""Frozen TensorFlow graphs become ONNX files that compute the same, in both runtimes."""

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
import pytest
from tests.reference import layers as reference
from tests.support.both_runtimes import TOLERANCE, difference, run_in_both
from tests.support.front_end import run_by_front_end
from tests.support.graph_files import Attribute, Node, constant, operation, placeholder, write_graph

from mien.domain.errors import ModelCorrupt
from mien.inference.catalog import Catalog
from mien.inference.conversion.converting import convert
from mien.inference.conversion.readers.graph_def import read_graph
from mien.inference.weights import WeightStore

HEIGHT, WIDTH = 10, 7
OPTIONS: dict[str, Attribute] = {
    "strides": [1, 2, 2, 1],
    "padding": b"SAME",
    "data_format": b"NHWC",
    "dilations": [1, 1, 1, 1],
}


def numbers(*shape: int, seed: int = 3) -> np.ndarray:
    return np.random.default_rng(seed).normal(0, 0.5, shape).astype(np.float32)


def network() -> list[Node]:
    """One of everything that is read; the last node is a name for the one before it."""
    norm = [constant(f"norm_{part}", numbers(6, seed=part) ** 2 + 0.5) for part in range(4)]
    return [
        placeholder(HEIGHT, WIDTH, 2),
        constant("kernel", numbers(3, 3, 2, 3)),
        operation("Identity", "kernel/read", "kernel"),
        convolution(),
        constant("each", numbers(3, 3, 3, 2)),
        operation("DepthwiseConv2dNative", "wide", "conv:0", "each", **OPTIONS | {"strides": [1, 1, 1, 1]}),
        *norm,
        operation(
            "FusedBatchNorm", "norm", "wide", *(node.name for node in norm), epsilon=0.01, is_training=False,
            data_format=b"NHWC",
        ),
        operation("Relu", "relu", "norm"),
        operation("Add", "sum", "relu", "wide"),
        operation("AvgPool", "mean", "sum", ksize=[1, 5, 4, 1], strides=[1, 1, 1, 1], padding=b"VALID"),
        constant("shape", np.array([-1, 6], np.int32)),
        operation("Reshape", "flat", "mean", "shape"),
        constant("matrix", numbers(6, 4)),
        operation("MatMul", "product", "flat", "matrix", transpose_a=False, transpose_b=False),
        constant("bias", numbers(4)),
        operation("BiasAdd", "biased", "product", "bias"),
        operation("Sigmoid", "sigmoid", "biased"),
        operation("Identity", "quality", "sigmoid"),
    ]  # fmt: skip


def convolution(**changes: Attribute) -> Node:
    return operation("Conv2D", "conv", "pictures", "kernel/read", **OPTIONS | changes)


def without(name: str, *others: Node) -> list[Node]:
    """The network with other nodes in the place of one."""
    nodes: list[Node] = []
    for node in network():
        nodes += others if node.name == name else [node]
    return nodes


def written(path: Path, nodes: Sequence[Node]) -> Path:
    return write_graph(path / "net.pb", nodes)


def test_a_graph_computes_what_its_operations_are_defined_to(tmp_path: Path) -> None:
    source, target = written(tmp_path, network()), tmp_path / "net.onnx"
    convert("tensorflow", source, target)
    planes = np.random.default_rng(1).uniform(-2, 2, (3, 2, HEIGHT, WIDTH)).astype(np.float32)
    same = reference.same_padding(planes.shape, 3, 2)
    value = reference.conv2d(planes, numbers(3, 3, 2, 3).transpose(3, 2, 0, 1), stride=2, padding=same)
    each = numbers(3, 3, 3, 2).transpose(2, 3, 0, 1).reshape(6, 1, 3, 3)
    value = reference.conv2d(value, each, padding=1, groups=3)
    norm = (numbers(6, seed=part) ** 2 + 0.5 for part in range(4))
    value = reference.relu(reference.batch_norm(value, *norm, 0.01)) + value
    expected = reference.sigmoid(value.mean(axis=(2, 3)) @ numbers(6, 4) + numbers(4))
    by_another_reader = run_by_front_end(source, np.ascontiguousarray(planes.transpose(0, 2, 3, 1)))
    assert difference(by_another_reader["quality"], expected) < TOLERANCE
    assert np.ptp(expected, axis=0).min() > 0.01
    for found in run_in_both(target, planes):
        assert list(found) == ["quality"]
        assert difference(found["quality"], expected) < TOLERANCE


def test_the_published_lightqnet_computes_the_same_as_by_another_reader(
    shared: Path, weights: WeightStore, catalog: Catalog, tmp_path: Path
) -> None:
    source, target = shared / "models/lightqnet/lightqnet-dm100.pb", tmp_path / "net.onnx"
    convert("tensorflow", source, target)
    portrait = cv2.imread(str(weights.path(catalog.card("astronaut"))))
    assert portrait is not None
    face = cv2.resize(portrait[40:210, 135:305], (96, 96), interpolation=cv2.INTER_AREA)
    blurred = [cv2.GaussianBlur(face, (0, 0), sigma) for sigma in (2, 6)]
    pictures = (np.stack([face, *blurred])[..., ::-1].astype(np.float32) - 128) / 128
    expected = run_by_front_end(source, np.ascontiguousarray(pictures))["confidence_st"]
    for found in run_in_both(target, np.ascontiguousarray(pictures.transpose(0, 3, 1, 2))):
        assert difference(found["confidence_st"], expected) < TOLERANCE
        sharp, soft, lost = found["confidence_st"][:, 0]
        assert 1 >= sharp > soft > lost >= 0


def test_constants_of_one_element_fill_their_shape(tmp_path: Path) -> None:
    """As TensorFlow stores them: ``float_val`` and ``int_val`` in the place of the bytes."""
    shape = b"\x12\x08\x12\x02\x08\x02\x12\x02\x08\x03"  # 2 × 3
    for stored, expected in (
        (b"\x08\x01" + shape + b"\x2a\x04\x00\x00\x80\x3f", np.ones((2, 3), np.float32)),
        (b"\x08\x01" + shape + b"\x2d\x00\x00\x80\x3f", np.ones((2, 3), np.float32)),
        (b"\x08\x03" + shape + b"\x3a\x01\x07", np.full((2, 3), 7, np.int32)),
        (b"\x08\x03" + shape + b"\x3a\x06\x01\x02\x03\x04\x05\x06", np.arange(1, 7, dtype=np.int32).reshape(2, 3)),
        (b"\x08\x03\x12\x00\x38\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", np.array(-1, np.int32)),
    ):
        value = b"\x42" + bytes([len(stored)]) + stored
        entry = b"\x0a\x05value\x12" + bytes([len(value)]) + value
        node = b"\x0a\x01c\x12\x05Const\x2a" + bytes([len(entry)]) + entry
        path = tmp_path / "net.pb"
        path.write_bytes(b"\x0a" + bytes([len(node)]) + node)
        (found,) = read_graph(path)
        np.testing.assert_array_equal(found.attributes["value"], expected)
        assert found.attributes["value"].dtype == expected.dtype


@pytest.mark.parametrize(
    ("nodes", "reason"),
    [
        (without("relu", operation("Elu", "relu", "norm")), "it uses Elu; read are Identity, Conv2D"),
        (without("pictures"), "it has 0 inputs, one is expected"),
        (without("pictures", placeholder(-1, -1, 2)), r"an input of \(-1, -1, -1, 2\), expected"),
        (without("kernel", operation("VariableV2", "kernel")), "it uses VariableV2"),
        (without("matrix", operation("Identity", "matrix", "flat")), "is no constant: the graph is not frozen"),
        (without("matrix", constant("matrix", numbers(5, 4))), r"its node product \(MatMul\): .* does not fit"),
        (without("each", constant("each", numbers(3, 3, 4, 2))), r"its node wide .* does not fit"),
        (without("shape", constant("shape", np.array([-1, 5], np.int32))), "cannot become"),
        (without("shape", constant("shape", np.array([3, 6], np.int32))), "batches of 3"),
        (without("conv", convolution(data_format=b"NCHW")), "its node conv has the channels first"),
        (without("conv", convolution(padding=b"EXPLICIT")), "its padding is b'EXPLICIT'"),
        (without("conv", convolution(strides=[2, 1, 1, 1])), "over batches or channels"),
        (without("conv", operation("Conv2D", "conv", "pictures", "kernel")), "one of its nodes is broken"),
        (without("relu", operation("Relu", "relu", "later")), "takes later, which nothing before it gives"),
        (without("product", operation("MatMul", "product", "flat", "matrix", transpose_b=True)), "turns its matrices"),
        (network()[:3], "nothing in it depends on its input"),
    ],
)  # fmt: skip
def test_what_cannot_be_converted_is_refused_with_the_reason(nodes: list[Node], reason: str, tmp_path: Path) -> None:
    source, target = written(tmp_path, nodes), tmp_path / "net.onnx"
    with pytest.raises(ModelCorrupt, match=rf"^net\.pb cannot be converted: .*{reason}"):
        convert("tensorflow", source, target)
    assert not target.exists()


def test_a_graph_for_training_is_refused(tmp_path: Path) -> None:
    norm = next(node for node in network() if node.name == "norm")
    source = written(tmp_path, without("norm", operation(norm.kind, norm.name, *norm.inputs, is_training=True)))
    with pytest.raises(ModelCorrupt, match="it is a graph for training"):
        convert("tensorflow", source, tmp_path / "net.onnx")


def test_files_cut_anywhere_are_corrupt(tmp_path: Path) -> None:
    source, target = written(tmp_path, network()), tmp_path / "net.onnx"
    whole = source.read_bytes()
    for size in (0, 1, 30, 200, len(whole) // 2, len(whole) - 1):
        source.write_bytes(whole[:size])
        with pytest.raises(ModelCorrupt, match=r"^net\.pb cannot be "):
            convert("tensorflow", source, target)
        assert not target.exists()


def test_other_files_are_corrupt(tmp_path: Path) -> None:
    source = tmp_path / "net.pb"
    for content in (b"text", b"\x08\x01\x12\x00", b"\x0a\x02\x0a\x00", b"\x0a\x04\x0a\x02\xff\xff", b"\xff" * 40):
        source.write_bytes(content)
        with pytest.raises(ModelCorrupt, match=r"^net\.pb cannot be read as a TensorFlow graph"):
            convert("tensorflow", source, tmp_path / "net.onnx")


def test_a_file_with_any_byte_changed_is_converted_or_corrupt(tmp_path: Path) -> None:
    source, target = written(tmp_path, network()), tmp_path / "net.onnx"
    whole, random = source.read_bytes(), np.random.default_rng(5)
    outcomes = set()
    for place in random.choice(len(whole), 60, replace=False):
        changed = bytearray(whole)
        changed[place] ^= 1 << int(random.integers(8))
        source.write_bytes(bytes(changed))
        try:
            convert("tensorflow", source, target)
            outcomes.add("converted")
        except ModelCorrupt:
            outcomes.add("corrupt")
    assert outcomes == {"converted", "corrupt"}
