"""Keras networks become ONNX files that compute what the layers are defined to compute, in both runtimes."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import onnx
import pytest
from tests.reference import layers as reference
from tests.reference import mini_xception, small_cnn
from tests.reference.layers import Floats
from tests.support.both_runtimes import TOLERANCE, difference, run_in_both
from tests.support.keras_files import Layer, picture, write_archive, write_keras_1, write_keras_2, write_keras_3

from mien.domain.errors import ModelCorrupt
from mien.inference.conversion.converting import convert
from mien.inference.file_metadata import STATED_INPUT, read_metadata

HEIGHT, WIDTH, CHANNELS = 9, 12, 6
Forward = Callable[[Floats, Layer], Floats]


def numbers(*shape: int, seed: int = 3) -> Floats:
    return np.random.default_rng(seed).normal(0, 0.5, shape).astype(np.float32)


def positive(*shape: int) -> Floats:
    return np.random.default_rng(4).uniform(0.5, 1.5, shape).astype(np.float32)


def turned(kernel: Floats) -> Floats:
    """From (h, w, in, out) to (out, in, h, w)."""
    return kernel.transpose(3, 2, 0, 1)


def every(kernel: Floats) -> Floats:
    """From (h, w, channels, multiplier) to (channels · multiplier, 1, h, w)."""
    return kernel.transpose(2, 3, 0, 1).reshape(-1, 1, *kernel.shape[:2])


def in_source_order(planes: Floats) -> Floats:
    return planes.transpose(0, 2, 3, 1)


def convolved(images: Floats, layer: Layer) -> Floats:
    config, weight = layer.config, turned(layer.weights["kernel"])
    size = [(side - 1) * gap + 1 for side, gap in zip(weight.shape[2:], config["dilation_rate"], strict=True)]
    same = reference.same_padding(images.shape, tuple(size), tuple(config["strides"]))
    return reference.conv2d(
        images, weight, layer.weights.get("bias"),
        stride=tuple(config["strides"]), dilation=tuple(config["dilation_rate"]),
        padding=same if config["padding"] == "same" else 0, groups=config["groups"],
    )  # fmt: skip


def depthwise(images: Floats, layer: Layer) -> Floats:
    stride = tuple(layer.config["strides"])
    same = reference.same_padding(images.shape, layer.weights["kernel"].shape[:2], stride)
    kernel, bias = every(layer.weights["kernel"]), layer.weights["bias"]
    return reference.conv2d(images, kernel, bias, stride=stride, padding=same, groups=CHANNELS)


def separable(images: Floats, layer: Layer) -> Floats:
    first, second, bias = layer.weights.values()
    return reference.conv2d(reference.conv2d(images, every(first), groups=CHANNELS), turned(second), bias)


def batch_normed(images: Floats, layer: Layer) -> Floats:
    found = {"gamma": None, "beta": None} | dict(layer.weights)
    parts = (found[part] for part in ("gamma", "beta", "moving_mean", "moving_variance"))
    return reference.batch_norm(images, *parts, layer.config["epsilon"])


def max_pooled(images: Floats, layer: Layer) -> Floats:
    size, stride = tuple(layer.config["pool_size"]), tuple(layer.config["strides"])
    padding = reference.same_padding(images.shape, size, stride) if layer.config["padding"] == "same" else 0
    return reference.max_pool(images, size, stride, padding)


def average_pooled(images: Floats, layer: Layer) -> Floats:
    """Of what lies in the picture; TensorFlow leaves the padding out."""
    size, stride = tuple(layer.config["pool_size"]), tuple(layer.config["strides"])
    same = reference.same_padding(images.shape, size, stride)
    return reference.avg_pool(images, size, stride, same) / reference.avg_pool(np.ones_like(images), size, stride, same)


def convolution(**config: Any) -> Layer:
    full = {"filters": 8, "kernel_size": [3, 3], "strides": [1, 1], "padding": "valid", "dilation_rate": [1, 1]}
    full |= {"groups": 1, "use_bias": True, "activation": "linear"} | config
    weights = {"kernel": numbers(*full["kernel_size"], CHANNELS // full["groups"], 8), "bias": numbers(8)}
    return Layer("Conv2D", "layer", full, weights if full["use_bias"] else {"kernel": weights["kernel"]})


def batch_norm(has_gain: bool, has_bias: bool) -> Layer:
    weights = {"gamma": numbers(CHANNELS), "beta": numbers(CHANNELS, seed=5), "moving_mean": numbers(CHANNELS, seed=6)}
    weights["moving_variance"] = positive(CHANNELS)
    kept = {part: values for part, values in weights.items() if {"gamma": has_gain, "beta": has_bias}.get(part, True)}
    return Layer(
        "BatchNormalization", "layer", {"axis": -1, "epsilon": 0.01, "scale": has_gain, "center": has_bias}, kept
    )


def pool(kind: str, size: int, stride: int, padding: str) -> Layer:
    return Layer(kind, "layer", {"pool_size": [size, size], "strides": [stride, stride], "padding": padding})


PADDING = {"padding": [[1, 2], [0, 3]]}
DEPTHWISE = {"kernel_size": [3, 3], "strides": [2, 2], "padding": "same", "depth_multiplier": 2}
CASES: dict[str, tuple[Layer, Forward]] = {
    "valid": (convolution(), convolved),
    "same": (convolution(padding="same"), convolved),
    "asymmetric": (convolution(padding="same", strides=[2, 2]), convolved),
    "even-kernel": (convolution(padding="same", kernel_size=[4, 2], strides=[3, 1]), convolved),
    "dilated": (convolution(padding="same", dilation_rate=[2, 2]), convolved),
    "grouped": (convolution(groups=2, use_bias=False), convolved),
    "with-activation": (convolution(activation="relu"), lambda x, layer: reference.relu(convolved(x, layer))),
    "depthwise": (
        Layer("DepthwiseConv2D", "layer", DEPTHWISE, {"kernel": numbers(3, 3, CHANNELS, 2), "bias": numbers(12)}),
        depthwise,
    ),
    "separable": (
        Layer(
            "SeparableConv2D",
            "layer",
            {"filters": 5, "kernel_size": [3, 3], "depth_multiplier": 3},
            {"depthwise": numbers(3, 3, CHANNELS, 3), "pointwise": numbers(1, 1, 18, 5), "bias": numbers(5)},
        ),
        separable,
    ),
    "batch-norm": (batch_norm(has_gain=True, has_bias=True), batch_normed),
    "batch-norm-without-gain": (batch_norm(has_gain=False, has_bias=True), batch_normed),
    "batch-norm-without-bias": (batch_norm(has_gain=True, has_bias=False), batch_normed),
    "max-pool": (pool("MaxPooling2D", 2, 2, "valid"), max_pooled),
    "max-pool-same": (pool("MaxPooling2D", 3, 2, "same"), max_pooled),
    "average-pool-same": (pool("AveragePooling2D", 3, 2, "same"), average_pooled),
    "zeros": (
        Layer("ZeroPadding2D", "layer", PADDING),
        lambda x, _: reference.padded(x, ((1, 2), (0, 3))),
    ),
    "rescaling": (
        Layer("Rescaling", "layer", {"scale": [0.1, 0.2, 0.3, 0.4, 0.5, 0.6], "offset": -0.5}),
        lambda x, _: x * np.arange(0.1, 0.65, 0.1)[:, None, None] - 0.5,
    ),
    "relu": (Layer("ReLU", "layer", {"max_value": None}), lambda x, _: reference.relu(x)),
    "capped-relu": (Layer("ReLU", "layer", {"max_value": 0.5}), lambda x, _: np.clip(x, 0, 0.5)),
    "leaky-relu": (Layer("LeakyReLU", "layer", {"negative_slope": 0.1}), lambda x, _: reference.leaky_relu(x, 0.1)),
    "leaky-relu-of-keras-2": (Layer("LeakyReLU", "layer", {"alpha": 0.2}), lambda x, _: reference.leaky_relu(x, 0.2)),
    "prelu": (
        Layer("PReLU", "layer", {"shared_axes": [1, 2]}, {"alpha": positive(1, 1, CHANNELS)}),
        lambda x, layer: reference.prelu(x, layer.weights["alpha"]),
    ),
    "prelu-of-every-pixel": (
        Layer("PReLU", "layer", {"shared_axes": None}, {"alpha": positive(HEIGHT, WIDTH, CHANNELS)}),
        lambda x, layer: np.where(x < 0, x * layer.weights["alpha"].transpose(2, 0, 1), x),
    ),
    "elu": (Layer("ELU", "layer", {"alpha": 0.5}), lambda x, _: np.where(x < 0, 0.5 * np.expm1(x), x)),
    "relu6": (Layer("Activation", "layer", {"activation": "relu6"}), lambda x, _: reference.relu6(x)),
    "swish": (Layer("Activation", "layer", {"activation": "swish"}), lambda x, _: reference.silu(x)),
    "silu": (Layer("Activation", "layer", {"activation": "silu"}), lambda x, _: reference.silu(x)),
    "sigmoid": (Layer("Activation", "layer", {"activation": "sigmoid"}), lambda x, _: reference.sigmoid(x)),
    "tanh": (Layer("Activation", "layer", {"activation": "tanh"}), lambda x, _: np.tanh(x)),
    "elu-by-name": (Layer("Activation", "layer", {"activation": "elu"}), lambda x, _: np.where(x < 0, np.expm1(x), x)),
    "softmax": (Layer("Activation", "layer", {"activation": "softmax"}), lambda x, _: reference.softmax(x, axis=1)),
    "dropout": (Layer("Dropout", "layer", {"rate": 0.9}), lambda x, _: x),
    "augmentation": (Layer("RandomFlip", "layer", {"mode": "horizontal"}), lambda x, _: x),
}
SHAPED: dict[str, tuple[Layer, Callable[[Floats], Floats]]] = {
    "average": (Layer("GlobalAveragePooling2D", "layer", {"keepdims": False}), lambda x: x.mean(axis=(1, 2))),
    "kept-average": (
        Layer("GlobalAveragePooling2D", "layer", {"keepdims": True}),
        lambda x: x.mean(axis=(1, 2), keepdims=True),
    ),
    "flat": (Layer("Flatten", "layer"), lambda x: x.reshape(len(x), -1)),
    "rows": (Layer("Reshape", "layer", {"target_shape": [-1, 18]}), lambda x: x.reshape(len(x), -1, 18)),
    "planes": (Layer("Reshape", "layer", {"target_shape": [4, -1, 3]}), lambda x: x.reshape(len(x), 4, -1, 3)),
    "dense": (
        Layer("Dense", "layer", {"units": 4}, {"kernel": numbers(CHANNELS, 4), "bias": numbers(4)}),
        lambda x: x @ numbers(CHANNELS, 4) + numbers(4),
    ),
}


def images(*shape: int, low: float = -2.0) -> Floats:
    return np.random.default_rng(1).uniform(low, 2, (3, *shape)).astype(np.float32)


def ends_plainly(*layers: Layer) -> tuple[Layer, ...]:
    """The layers between a picture and a last layer that does nothing, so that any activation may come before it."""
    return picture(HEIGHT, WIDTH, CHANNELS), *layers, Layer("Dropout", "last", {"rate": 0.5})


def check(source: Path, batch: Floats, expected: Floats, output: str = "logits") -> None:
    target = source.with_suffix(".onnx")
    convert("keras", source, target)
    assert np.ptp(expected) > 0.01
    for found in run_in_both(target, batch):
        assert list(found) == [output]
        assert difference(found[output], expected) < TOLERANCE


@pytest.mark.parametrize("case", CASES)
def test_a_layer_computes_what_it_is_defined_to(case: str, tmp_path: Path) -> None:
    layer, forward = CASES[case]
    batch = images(CHANNELS, HEIGHT, WIDTH)
    expected = in_source_order(forward(batch.astype(np.float64), layer))
    check(write_archive(tmp_path / "net.keras", ends_plainly(layer)), batch, expected)


@pytest.mark.parametrize("case", SHAPED)
def test_elements_are_taken_in_the_order_of_keras(case: str, tmp_path: Path) -> None:
    layer, forward = SHAPED[case]
    batch = images(CHANNELS, HEIGHT, WIDTH)
    expected = forward(in_source_order(batch.astype(np.float64)))
    check(write_archive(tmp_path / "net.keras", ends_plainly(layer)), batch, expected)


@pytest.mark.parametrize("axis", [-1, 1, 2, 3])
def test_values_are_joined_and_added(axis: int, tmp_path: Path) -> None:
    layers = (
        picture(HEIGHT, WIDTH, CHANNELS),
        Layer("ReLU", "above", inputs=("pictures",)),
        Layer("ELU", "below", {"alpha": 1.0}, inputs=("pictures",)),
        Layer("Concatenate", "joined", {"axis": axis}, inputs=("above", "below")),
        Layer("Add", "sum", inputs=("joined", "joined", "joined")),
        Layer("Flatten", "flat", inputs=("sum",)),
        Layer("Reshape", "rows", {"target_shape": [-1, 8]}, inputs=("flat",)),
        Layer("Concatenate", "again", {"axis": -2}, inputs=("rows", "rows")),
    )
    batch = images(CHANNELS, HEIGHT, WIDTH)
    values = in_source_order(batch.astype(np.float64))
    joined = 3 * np.concatenate([np.maximum(values, 0), np.where(values < 0, np.expm1(values), values)], axis=axis)
    rows = joined.reshape(len(batch), -1, 8)
    source = write_archive(tmp_path / "net.keras", layers, is_sequential=False)
    check(source, batch, np.concatenate([rows, rows], axis=-2))


@pytest.mark.parametrize(
    ("name", "write"),
    [("net.h5", write_keras_1), ("net.h5", write_keras_2), ("net.h5", write_keras_3), ("net.keras", write_archive)],
)
def test_a_small_network_of_every_age_of_keras(name: str, write: Callable[..., Path], tmp_path: Path) -> None:
    network = small_cnn.seeded()
    batch = images(1, small_cnn.SIDE_PX, small_cnn.SIDE_PX, low=0)
    expected = small_cnn.probabilities(network, batch.astype(np.float64))
    check(write(tmp_path / name, small_cnn.keras_layers(network)), batch, expected, "probabilities")


@pytest.mark.parametrize(
    ("name", "write"), [("net.hdf5", write_keras_2), ("net.h5", write_keras_3), ("net.keras", write_archive)]
)
def test_mini_xception_computes_what_the_paper_says(name: str, write: Callable[..., Path], tmp_path: Path) -> None:
    network = mini_xception.seeded(width=2)
    layers = mini_xception.keras_layers(network, side_px=40)
    batch = images(1, 40, 40)
    expected = mini_xception.probabilities(network, batch.astype(np.float64))
    check(write(tmp_path / name, layers, is_sequential=False), batch, expected, "probabilities")


def test_the_published_mini_xception(shared: Path, tmp_path: Path) -> None:
    source = shared / "models/mini_xception/fer2013_mini_XCEPTION.102-0.66.hdf5"
    network: dict[str, dict[str, Floats]] = {}
    with h5py.File(source) as file:
        for layer, group in file["model_weights"].items():
            names = [name.decode() for name in group.attrs["weight_names"]] if len(group) else []
            network[layer] = {name.rpartition("/")[2].removesuffix(":0"): group[name][()] for name in names}
    batch = images(1, 64, 64)
    target = tmp_path / "net.onnx"
    convert("keras", source, target)
    expected = mini_xception.probabilities(network, batch.astype(np.float64))
    for found in run_in_both(target, batch):
        assert found["probabilities"].shape == (3, 7)
        assert difference(found["probabilities"], expected) < TOLERANCE


def nested() -> tuple[Layer, ...]:
    """A Sequential and a Functional network within a Sequential one; two layers are of one name."""
    kernels = numbers(3, 3, CHANNELS, CHANNELS), numbers(3, 3, CHANNELS, CHANNELS, seed=8)
    config = {"filters": CHANNELS, "kernel_size": [3, 3], "padding": "same", "use_bias": False}
    chain = (picture(HEIGHT, WIDTH, CHANNELS, name="in"), Layer("Conv2D", "conv", config, {"kernel": kernels[0]}))
    fork = (
        picture(HEIGHT, WIDTH, CHANNELS, name="in"),
        Layer("Conv2D", "conv", config, {"kernel": kernels[1]}, ("in",)),
        Layer("Add", "sum", inputs=("in", "conv")),
    )
    return (
        picture(HEIGHT, WIDTH, CHANNELS),
        Layer("Sequential", "first", layers=chain),
        Layer("Functional", "second", layers=fork),
        Layer("GlobalAveragePooling2D", "mean"),
    )


@pytest.mark.parametrize("is_sequential", [True, False])
@pytest.mark.parametrize(
    ("name", "write"), [("net.h5", write_keras_2), ("net.h5", write_keras_3), ("net.keras", write_archive)]
)
def test_networks_within_networks(name: str, write: Callable[..., Path], is_sequential: bool, tmp_path: Path) -> None:
    layers = nested()
    batch = images(CHANNELS, HEIGHT, WIDTH)
    value = batch.astype(np.float64)
    first, second = (turned(layer.layers[1].weights["kernel"]) for layer in layers[1:3])
    value = reference.conv2d(value, first, padding=1)
    value = (value + reference.conv2d(value, second, padding=1)).mean(axis=(2, 3))
    check(write(tmp_path / name, layers, is_sequential), batch, value)


def test_a_network_that_scales_pixels_says_so(tmp_path: Path) -> None:
    scaling = Layer("Rescaling", "scaling", {"scale": 1 / 255, "offset": 0.0})
    stated = {STATED_INPUT: '{"mean": 0, "scale": 1}'}
    for layers, expected in ((ends_plainly(scaling), stated), (ends_plainly(), {})):
        source, target = tmp_path / "net.keras", tmp_path / "net.onnx"
        convert("keras", write_archive(source, layers), target)
        assert read_metadata(target) == expected


def test_the_file_takes_any_number_of_pictures(tmp_path: Path) -> None:
    source, target = tmp_path / "net.h5", tmp_path / "net.onnx"
    convert("keras", write_keras_2(source, small_cnn.keras_layers(small_cnn.seeded())), target)
    model = onnx.load(target)
    onnx.checker.check_model(model, full_check=True)
    for count in (0, 1, 5):
        batch = np.zeros((count, 1, small_cnn.SIDE_PX, small_cnn.SIDE_PX), np.float32)
        for found in run_in_both(target, batch):
            assert found["probabilities"].shape == (count, 7)


REFUSED = {
    "code": (Layer("Lambda", "code", {"function": ["4wEAAA=="]}), "its layer code is a Lambda, which carries Python"),
    "unknown": (Layer("LSTM", "memory", {"units": 3}), "its layer memory is a LSTM, which is none of those"),
    "activation": (
        Layer("Activation", "layer", {"activation": {"class_name": "function", "config": "mine"}}),
        "its activation is a piece of Python code",
    ),
    "activation-name": (Layer("Activation", "layer", {"activation": "mish"}), "its activation is 'mish'"),
    "channels-first": (convolution(data_format="channels_first"), "channels first"),
    "padding": (convolution(padding="causal"), "its padding is 'causal'"),
    "too-few-weights": (
        Layer("Dense", "layer", {"units": 3}, {"kernel": numbers(CHANNELS, 3)}),
        "holds 1 of its 2 weights",
    ),
    "other-kernel": (Layer("Conv2D", "layer", {"kernel_size": [5, 5]}, convolution().weights), "does not fit"),
    "other-channels": (
        Layer("Dense", "layer", {"units": 3}, {"kernel": numbers(5, 3), "bias": numbers(3)}),
        "does not fit",
    ),
    "norm-of-rows": (Layer("BatchNormalization", "layer", {"axis": 1}), "normalises along axis 1"),
    "norm-of-others": (
        Layer(
            "BatchNormalization", "layer", {"scale": False, "center": False}, {"mean": numbers(5), "var": positive(5)}
        ),
        "does not fit",
    ),
    "window": (pool("MaxPooling2D", 20, 2, "valid"), "of the shape"),
    "no-stride": (pool("MaxPooling2D", 2, 0, "valid"), "moves by"),
    "missing-setting": (Layer("Reshape", "layer"), "described wrongly"),
    "reshape": (Layer("Reshape", "layer", {"target_shape": [7, -1]}), "cannot become"),
    "giant": (Layer("ZeroPadding2D", "layer", {"padding": 1_000_000}), "of the shape"),
    "ends-in-sigmoid": (Layer("Activation", "layer", {"activation": "sigmoid"}), "ends in sigmoid"),
    "no-numbers": (
        Layer("Dense", "layer", {"units": 3}, {"kernel": np.full((CHANNELS, 3), np.nan), "bias": numbers(3)}),
        "finite",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_converted_is_refused_with_the_reason(case: str, tmp_path: Path) -> None:
    layer, reason = REFUSED[case]
    source, target = tmp_path / "net.h5", tmp_path / "net.onnx"
    write_keras_3(source, (picture(HEIGHT, WIDTH, CHANNELS), layer))
    with pytest.raises(ModelCorrupt, match=rf"^net\.h5 cannot be converted: .*{reason}"):
        convert("keras", source, target)
    assert not target.exists()


@pytest.mark.parametrize("shape", [(None, None, 3), (40,)])
def test_only_pictures_of_a_fixed_size_are_taken(shape: tuple[int, ...], tmp_path: Path) -> None:
    source = write_keras_2(tmp_path / "net.h5", (picture(*shape), Layer("Flatten", "flat")))
    with pytest.raises(ModelCorrupt, match="expected is a picture of"):
        convert("keras", source, tmp_path / "net.onnx")
