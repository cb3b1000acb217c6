import platform
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper
from tests.support.both_runtimes import difference, run_in_both

from mien.domain.errors import ModelError
from mien.inference.measuring import quantising
from mien.inference.measuring.quantising import bearable, quantise

SIDE = 12
PICTURES = list(np.random.default_rng(1).normal(0, 1, (16, 1, 3, SIDE, SIDE)).astype(np.float32))


def silent(done: int, total: int) -> None:
    pass


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A network of four convolutions and a dense layer, the last convolution depthwise, as a file of batch 1."""
    return written(tmp_path / "network.onnx")


def written(path: Path, size: int | str = SIDE, opset: int = 13, loud: float = 1.0) -> Path:
    """``loud`` is by how much one channel in front of the third convolution is louder than the others.

    Its weights there are as much smaller, so that what comes out stays the same.
    """
    drawn = np.random.default_rng(0)
    gain = np.ones(16, np.float32)
    gain[5] = loud
    weights = {
        "w1": drawn.normal(0, 0.3, (16, 3, 3, 3)),
        "b1": drawn.normal(0, 0.3, 16),
        "slope": np.full((16, 1, 1), 0.2),
        "w2": drawn.normal(0, 0.3, (16, 16, 1, 1)) * gain[:, None, None, None],
        "w3": drawn.normal(0, 0.3, (16, 16, 3, 3)) / gain[None, :, None, None],
        "w4": drawn.normal(0, 0.3, (16, 1, 5, 5)),
        "wd": drawn.normal(0, 0.3, (16, 8)),
        "bd": drawn.normal(0, 0.3, 8),
    }
    nodes = [
        helper.make_node("Conv", ["images", "w1", "b1"], ["c1"], pads=[1, 1, 1, 1]),
        helper.make_node("PRelu", ["c1", "slope"], ["a1"]),
        helper.make_node("Conv", ["a1", "w2"], ["c2"], name="second"),
        helper.make_node("Conv", ["c2", "w3"], ["c3"], name="third", pads=[1, 1, 1, 1], strides=[2, 2]),
        helper.make_node("Relu", ["c3"], ["a3"]),
        helper.make_node("Conv", ["a3", "w4"], ["c4"], name="depthwise", group=16),
        helper.make_node("GlobalAveragePool", ["c4"], ["pooled"]),
        helper.make_node("Flatten", ["pooled"], ["flat"]),
        helper.make_node("Gemm", ["flat", "wd", "bd"], ["scores"]),
    ]
    graph = helper.make_graph(
        nodes,
        "small",
        [helper.make_tensor_value_info("images", TensorProto.FLOAT, [1, 3, size, size])],
        [helper.make_tensor_value_info("scores", TensorProto.FLOAT, [1, 8])],
        [numpy_helper.from_array(values.astype(np.float32), name) for name, values in weights.items()],
    )
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=8), path)
    return path


def scores(path: Path, pictures: list[np.ndarray]) -> list[np.ndarray]:
    """What each runtime makes of the pictures (n, 8)."""
    both = [run_in_both(path, picture) for picture in pictures]
    return [np.concatenate([found[runtime]["scores"] for found in both]) for runtime in range(2)]


def test_a_network_in_int8_does_what_it_did_on_both_runtimes(source, tmp_path):
    target = tmp_path / "int8.onnx"

    found = quantise(source, target, PICTURES, silent)

    exact = scores(source, PICTURES)[0]
    in_openvino, in_onnxruntime = reversed(scores(target, PICTURES))
    assert len(found.layers) == 5
    assert found.left == ()
    assert difference(in_openvino, exact) < 0.05
    assert difference(in_onnxruntime, exact) < 0.05
    assert not np.array_equal(in_onnxruntime, exact), "nothing was quantised"
    stored = {one.name: one.data_type for one in onnx.load(target).graph.initializer}
    assert sum(kind == TensorProto.INT8 and "_scale" not in name for name, kind in stored.items()) >= 5


def test_sums_overflow_on_x86_without_vnni_alone() -> None:
    told = Path("/proc/cpuinfo")
    if not told.exists() or platform.machine() != "x86_64":
        pytest.skip("only Linux on x86 tells whether this CPU has VNNI")
    assert quantising.products_saturate() == ("vnni" not in told.read_text())


@pytest.mark.parametrize(("saturate", "most"), [(False, 127), (True, 64)])
def test_weights_have_seven_bits_where_sums_of_eight_overflow(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, saturate: bool, most: int
) -> None:
    monkeypatch.setattr(quantising, "products_saturate", lambda: saturate)
    quantise(source, tmp_path / "int8.onnx", PICTURES, silent)
    stored = [numpy_helper.to_array(one) for one in onnx.load(tmp_path / "int8.onnx").graph.initializer]
    assert max(int(np.abs(one.astype(int)).max()) for one in stored if one.dtype == np.int8) == most


def test_a_layer_that_does_not_bear_it_stays_as_it_is(tmp_path):
    source = written(tmp_path / "loud.onnx", loud=1000.0)
    target = tmp_path / "int8.onnx"

    found = quantise(source, target, PICTURES, silent)

    assert found.left == ("third",)
    assert len(found.layers) == 4
    assert difference(scores(target, PICTURES)[0], scores(source, PICTURES)[0]) < 0.1


def test_a_network_of_one_size_is_calibrated_on_other_sizes_and_takes_them(tmp_path):
    source, target = written(tmp_path / "old.onnx", opset=11), tmp_path / "int8.onnx"
    drawn = np.random.default_rng(2)
    pictures = [drawn.normal(0, 1, (1, 3, side, side + 2)).astype(np.float32) for side in (16, 20, 24)]

    quantise(source, target, pictures, silent)

    free = scores(written(tmp_path / "free.onnx", size="side"), pictures)
    assert difference(scores(target, pictures)[0], free[0]) < 0.1


def test_the_same_pictures_give_the_same_file(source, tmp_path):
    for name in ("one.onnx", "two.onnx"):
        quantise(source, tmp_path / name, PICTURES, silent)

    assert (tmp_path / "one.onnx").read_bytes() == (tmp_path / "two.onnx").read_bytes()


def broken_off(done: int, total: int) -> None:
    if done == 2:
        raise KeyboardInterrupt


@pytest.mark.parametrize(
    ("pictures", "progress", "error"),
    [
        (PICTURES, broken_off, KeyboardInterrupt),
        ([np.zeros((1, 4, SIDE, SIDE), np.float32)], silent, ModelError),
        ([], silent, ModelError),
    ],
    ids=["interrupted", "pictures of another shape", "no pictures"],
)
def test_what_fails_half_way_leaves_nothing(source, tmp_path, pictures, progress, error):
    target = tmp_path / "int8.onnx"

    with pytest.raises(error):
        quantise(source, target, pictures, progress)

    assert list(tmp_path.iterdir()) == [source]


def test_a_file_that_is_no_network_is_refused(tmp_path):
    source = tmp_path / "network.onnx"
    source.write_bytes(b"no network at all")

    with pytest.raises(ModelError, match=r"network\.onnx could not be quantised"):
        quantise(source, tmp_path / "int8.onnx", PICTURES, silent)

    assert list(tmp_path.iterdir()) == [source]


def test_a_network_without_layers_is_refused(tmp_path):
    source = tmp_path / "network.onnx"
    graph = helper.make_graph(
        [helper.make_node("Relu", ["images"], ["scores"])],
        "empty",
        [helper.make_tensor_value_info("images", TensorProto.FLOAT, [1, 3, SIDE, SIDE])],
        [helper.make_tensor_value_info("scores", TensorProto.FLOAT, [1, 3, SIDE, SIDE])],
    )
    onnx.save(helper.make_model(graph), source)

    with pytest.raises(ModelError, match="has no convolution or dense layer"):
        quantise(source, tmp_path / "int8.onnx", PICTURES, silent)


def test_the_worst_layers_go_until_the_rest_is_bearable():
    noises = {"first": 0.004, "second": 4.0, "third": 0.003, "fourth": 0.002, "fifth": float("inf")}

    assert bearable(noises, 0.01) == ("first", "third", "fourth")
    assert bearable(noises, 0.005) == ("third", "fourth")
    assert bearable(noises, 0.001) == ()
