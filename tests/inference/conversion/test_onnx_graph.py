"""Layers are written so that both runtimes compute what their papers say, and tensors that do not fit are no file."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from tests.reference import layers
from tests.support.both_runtimes import TOLERANCE, difference, run_in_both

from mien.domain.errors import ModelCorrupt
from mien.inference.conversion.onnx_graph import GraphWriter
from mien.inference.conversion.output_names import EMBEDDINGS, INPUT, LOGITS
from mien.inference.onnx_runtime import OnnxRuntime

Floats = np.ndarray
RANDOM = np.random.default_rng(11)
IMAGES = RANDOM.normal(0, 2, (2, 4, 9, 8)).astype(np.float32)
TENSORS = {
    "conv.weight": RANDOM.normal(0, 1, (6, 4, 3, 3)).astype(np.float32),
    "conv.bias": RANDOM.normal(0, 1, 6).astype(np.float32),
    "parts.weight": RANDOM.normal(0, 1, (8, 2, 3, 2)).astype(np.float32),
    "deep.weight": RANDOM.normal(0, 1, (4, 1, 3, 3)).astype(np.float32),
    "fc.weight": RANDOM.normal(0, 1, (5, 8)).astype(np.float32),
    "fc.bias": RANDOM.normal(0, 1, 5).astype(np.float32),
    "slope.weight": RANDOM.uniform(0.1, 0.4, 4).astype(np.float32),
    "ln.weight": RANDOM.normal(1, 0.2, 8).astype(np.float32),
    "ln.bias": RANDOM.normal(0, 0.2, 8).astype(np.float32),
}


def norm(name: str, channels: int, has_gain: bool = True) -> dict[str, Floats]:
    parts = {"running_mean": RANDOM.normal(0, 1, channels), "running_var": RANDOM.uniform(0.01, 0.5, channels)}
    if has_gain:
        parts |= {"weight": RANDOM.normal(1, 0.3, channels), "bias": RANDOM.normal(0, 1, channels)}
    return {f"{name}.{part}": values.astype(np.float32) for part, values in parts.items()}


TENSORS |= norm("bn4", 4) | norm("bn5", 5) | norm("bn6", 6) | norm("plain", 4, has_gain=False)


def normalised(value: Floats, name: str, epsilon: float = 1e-5) -> Floats:
    parts = (TENSORS.get(f"{name}.{part}") for part in ("weight", "bias", "running_mean", "running_var"))
    return layers.batch_norm(value, *parts, epsilon)


def conv(value: Floats, name: str, **options: object) -> Floats:
    return layers.conv2d(value, TENSORS[f"{name}.weight"], TENSORS.get(f"{name}.bias"), **options)


def written(draw: Callable[[GraphWriter], str], folder: Path, **options: float) -> Path:
    graph = GraphWriter(TENSORS, **options)
    graph.output("value", draw(graph), ("c", "h", "w"))
    graph.write(folder / "net.onnx", IMAGES.shape[1:], unused=("",))
    return folder / "net.onnx"


@pytest.mark.parametrize(
    ("draw", "expected"),
    [
        (lambda g: g.convolution(INPUT, "conv", padding=1, stride=2), conv(IMAGES, "conv", padding=1, stride=2)),
        (
            lambda g: g.convolution(INPUT, "conv", "bn6", stride=(1, 2), padding=(2, 0), dilations=[2, 1]),
            normalised(conv(IMAGES, "conv", stride=(1, 2), padding=(2, 0), dilation=(2, 1)), "bn6"),
        ),
        (
            lambda g: g.convolution(INPUT, "parts", padding=(0, 1, 2, 3), groups=2),
            conv(IMAGES, "parts", padding=((0, 2), (1, 3)), groups=2),
        ),
        (
            lambda g: g.depthwise(INPUT, "deep", "bn4", 2, 1),
            normalised(conv(IMAGES, "deep", stride=2, padding=1, groups=4), "bn4"),
        ),
        (lambda g: g.batch_norm(INPUT, "bn4"), normalised(IMAGES, "bn4")),
        (lambda g: g.batch_norm(INPUT, "plain"), normalised(IMAGES, "plain")),
        (lambda g: g.depthwise(INPUT, "deep", "plain"), normalised(conv(IMAGES, "deep", groups=4), "plain")),
        (lambda g: g.prelu(INPUT, "slope"), layers.prelu(IMAGES, TENSORS["slope.weight"])),
        (
            lambda g: g.layer_norm(INPUT, "ln", 1e-3),
            layers.layer_norm(IMAGES, TENSORS["ln.weight"], TENSORS["ln.bias"], 1e-3),
        ),
        (lambda g: g.linear(INPUT, "fc"), layers.dense(IMAGES, TENSORS["fc.weight"], TENSORS["fc.bias"])),
        (lambda g: g.scaled(INPUT, 2, 0.25), (IMAGES - 2) / 4),
        (lambda g: g.clipped(INPUT, 0, 6), layers.relu6(IMAGES)),
        (lambda g: g.relu(INPUT), layers.relu(IMAGES)),
        (lambda g: g.leaky_relu(INPUT, 0.1), layers.leaky_relu(IMAGES, 0.1)),
        (lambda g: g.sigmoid(INPUT), layers.sigmoid(IMAGES)),
        (lambda g: g.silu(INPUT), layers.silu(IMAGES)),
        (lambda g: g.gelu(INPUT), layers.gelu(IMAGES)),
        (lambda g: g.softmax(INPUT, axis=1), layers.softmax(IMAGES, axis=1)),
        (lambda g: g.max_pool(INPUT, 3, 2, 1), layers.max_pool(IMAGES, 3, 2, 1)),
        (lambda g: g.max_pool(INPUT, 2, 2, ceil_mode=1), layers.max_pool(IMAGES, 2, 2, is_ceil=True)),
        (lambda g: g.average_pool(INPUT, 3, 2, 1), layers.avg_pool(IMAGES, 3, 2, 1)),
        (lambda g: g.global_average(INPUT), IMAGES.mean(axis=(2, 3), keepdims=True)),
        (lambda g: g.global_max(INPUT), IMAGES.max(axis=(2, 3), keepdims=True)),
        (lambda g: g.padded(INPUT, 1, 2, 3, 4), layers.padded(IMAGES, ((1, 3), (2, 4)))),
        (lambda g: g.concatenated(*reversed(g.split(INPUT, [1, 3]))), IMAGES[:, [1, 2, 3, 0]]),
        (
            lambda g: g.transposed(g.reshaped(INPUT, 0, 2, 2, -1), 0, 3, 1, 2),
            IMAGES.reshape(2, 2, 2, 72).transpose(0, 3, 1, 2),
        ),
        (lambda g: g.multiplied(INPUT, g.added(INPUT, INPUT)), 2 * IMAGES * IMAGES),
    ],
)
def test_a_layer_computes_what_it_is_named_for(
    draw: Callable[[GraphWriter], str], expected: Floats, tmp_path: Path
) -> None:
    for outputs in run_in_both(written(draw, tmp_path), IMAGES):
        assert difference(outputs["value"], expected) < TOLERANCE


def test_a_linear_layer_takes_a_normalisation_in(tmp_path: Path) -> None:
    graph = GraphWriter(TENSORS)
    pooled = graph.node("ReduceMean", INPUT, axes=[1, 2], keepdims=0)
    graph.output(EMBEDDINGS, graph.linear(pooled, "fc", "bn5"), (5,))
    graph.write(tmp_path / "net.onnx", IMAGES.shape[1:], unused=("",))
    expected = layers.dense(IMAGES.mean(axis=(1, 2)), TENSORS["fc.weight"], TENSORS["fc.bias"])
    for outputs in run_in_both(tmp_path / "net.onnx", IMAGES):
        assert difference(outputs[EMBEDDINGS], normalised(expected, "bn5")) < TOLERANCE


def test_epsilon_is_a_choice_of_the_network(tmp_path: Path) -> None:
    path = written(lambda g: g.batch_norm(INPUT, "bn4"), tmp_path, norm_epsilon=0.1)
    for outputs in run_in_both(path, IMAGES):
        assert difference(outputs["value"], normalised(IMAGES, "bn4", 0.1)) < TOLERANCE


def test_outputs_keep_their_names_and_order_and_may_feed_others(tmp_path: Path) -> None:
    graph = GraphWriter({"a.weight": TENSORS["fc.weight"]})
    flat = graph.node("ReduceMax", INPUT, axes=[1, 2], keepdims=0)
    first = graph.linear(flat, "a")
    graph.output(LOGITS, graph.softmax(first), (5,))
    graph.output(EMBEDDINGS, first, (5,))
    graph.write(tmp_path / "net.onnx", ("c", "h", 8))
    session = OnnxRuntime().load(tmp_path / "net.onnx")
    assert session.outputs == (LOGITS, EMBEDDINGS)
    assert session.input_shape == (None, None, None, 8)
    found = session.run(IMAGES[:, :3, :5])
    np.testing.assert_allclose(found[LOGITS], layers.softmax(found[EMBEDDINGS]), rtol=1e-5)


def test_depth_and_presence_are_read_from_the_names() -> None:
    graph = GraphWriter(dict.fromkeys(("a.0.w", "a.1.w", "a.3.w", "ab.w", "c"), np.zeros(1, np.float32)))
    assert [graph.depth(name) for name in ("a", "ab", "b")] == [2, 0, 0]
    assert [graph.holds(name) for name in ("a", "a.1", "ab", "c", "a.2", "b")] == [True] * 4 + [False] * 2


@pytest.mark.parametrize(
    ("draw", "reason"),
    [
        (lambda g: g.convolution(INPUT, "parts"), "do not fit together"),
        (lambda g: g.convolution(INPUT, "fc"), r"fc.weight has the shape \(5, 8\), expected \(any, any, any, any\)"),
        (lambda g: g.convolution(INPUT, "conv", "bn4"), r"bn4.running_mean has the shape \(4,\), expected \(6,\)"),
        (lambda g: g.depthwise(INPUT, "conv"), r"expected \(any, 1, any, any\)"),
        (lambda g: g.convolution(INPUT, "absent"), "absent.weight is missing"),
        (lambda g: g.batch_norm(INPUT, "bn5"), "do not fit together"),
        (lambda g: g.node("Log", g.multiplied(INPUT, g.constant("below", -1.0))), "finite"),
    ],
)
def test_tensors_that_do_not_fit_become_no_file(
    draw: Callable[[GraphWriter], str], reason: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(ModelCorrupt, match=reason) as raised:
        written(draw, tmp_path)
    assert "\n" not in str(raised.value)
    assert list(tmp_path.iterdir()) == []
    assert capfd.readouterr() == ("", "")


def test_a_wrong_promise_is_found_out(tmp_path: Path) -> None:
    graph = GraphWriter({})
    graph.output("value", graph.relu(INPUT), (4, 9, 9))
    with pytest.raises(ModelCorrupt):
        graph.write(tmp_path / "net.onnx", IMAGES.shape[1:])


def test_tensors_that_no_layer_took_are_told(tmp_path: Path) -> None:
    graph = GraphWriter(TENSORS)
    graph.output("value", graph.prelu(INPUT, "slope"), IMAGES.shape[1:])
    with pytest.raises(ModelCorrupt, match=r"it also holds conv\.bias and 2 more"):
        graph.write(tmp_path / "net.onnx", IMAGES.shape[1:], unused=("bn", "plain.", "ln.", "fc.", "deep."))
    assert not (tmp_path / "net.onnx").exists()
