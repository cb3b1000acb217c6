"""TensorFlow Lite networks become ONNX files that compute the same, in both runtimes."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from tests.reference import layers as reference
from tests.reference.layers import Floats
from tests.support.both_runtimes import TOLERANCE, difference, run_in_both
from tests.support.front_end import run_by_front_end
from tests.support.tflite_files import TfliteNetwork

from mien.domain.errors import ModelCorrupt
from mien.inference.catalog import Catalog
from mien.inference.conversion.converting import convert
from mien.inference.weights import WeightStore

HEIGHT, WIDTH, CHANNELS = 8, 6, 4
SAME, VALID = 0, 1
RELU, TANH, RELU6 = 1, 4, 3
Build = Callable[[TfliteNetwork, int], int]
Forward = Callable[[Floats], Floats]


def numbers(*shape: int, seed: int = 3) -> Floats:
    return np.random.default_rng(seed).normal(0, 0.5, shape).astype(np.float32)


def originals(weights: WeightStore, catalog: Catalog, name: str) -> tuple[Path, Path]:
    """The file as it was delivered, and what it was converted to."""
    card = catalog.card(name)
    converted = weights.path(card)
    return converted.with_name(card.files[0].file), converted


@pytest.mark.parametrize("name", ["blazeface-short", "blazeface-full", "face-mesh", "eye-contours"])
def test_published_files_compute_the_same_as_by_another_reader(
    name: str, weights: WeightStore, catalog: Catalog
) -> None:
    portrait = cv2.imread(str(weights.path(catalog.card("astronaut"))))
    assert portrait is not None
    source, converted = originals(weights, catalog, name)
    side = {"blazeface-short": 128, "eye-contours": 64}.get(name, 192)
    cuts = [portrait[0:256, 100:356], portrait[20:180, 150:310]]  # with her shoulders, and her face alone
    pictures = np.stack([cv2.resize(cut, (side, side)) for cut in cuts])[..., ::-1].astype(np.float32)
    pictures = np.ascontiguousarray(pictures / 255 if name in ("face-mesh", "eye-contours") else pictures / 127.5 - 1)
    expected = run_by_front_end(source, pictures)
    for found in run_in_both(converted, np.ascontiguousarray(pictures.transpose(0, 3, 1, 2))):
        assert found.keys() == expected.keys()
        for output, values in expected.items():
            assert difference(found[output], values) < TOLERANCE
            assert np.ptp(values) > 1


def convolution(padding: int = VALID, stride: tuple[int, int] = (1, 1), gap: int = 1, activation: int = 0) -> Build:
    def build(network: TfliteNetwork, pictures: int) -> int:
        kernel, bias = numbers(5, 3, 3, CHANNELS), numbers(5)
        reach = 2 * gap + 1
        sides = [
            -(-side // step) if padding == SAME else (side - reach) // step + 1
            for side, step in zip((HEIGHT, WIDTH), stride, strict=True)
        ]
        options = {0: ("b", padding), 1: ("<i", stride[1]), 2: ("<i", stride[0]), 3: ("b", activation)}
        options |= {4: ("<i", gap), 5: ("<i", gap)}
        constants = network.constant(kernel), network.constant(bias)
        return network.operation("CONV_2D", (pictures, *constants), network.tensor(1, *sides, 5), options)

    return build


def convolved(padding: int = VALID, stride: tuple[int, int] = (1, 1), gap: int = 1) -> Forward:
    def forward(planes: Floats) -> Floats:
        same = reference.same_padding(planes.shape, 2 * gap + 1, stride)
        weight = numbers(5, 3, 3, CHANNELS).transpose(0, 3, 1, 2)
        sides = same if padding == SAME else 0
        return reference.conv2d(planes, weight, numbers(5), stride=stride, padding=sides, dilation=gap)

    return forward


def depthwise(network: TfliteNetwork, pictures: int) -> int:
    """Every channel gives two; the weights are float16, as converters shrink them."""
    kernel, bias = numbers(1, 3, 3, 2 * CHANNELS).astype(np.float16), numbers(2 * CHANNELS)
    wide = network.operation("DEQUANTIZE", [network.constant(kernel)], network.tensor(*kernel.shape), {})
    options = {0: ("b", SAME), 1: ("<i", 2), 2: ("<i", 2), 3: ("<i", 2), 4: ("b", RELU)}
    result = network.tensor(1, HEIGHT // 2, WIDTH // 2, 2 * CHANNELS)
    return network.operation("DEPTHWISE_CONV_2D", (pictures, wide, network.constant(bias)), result, options)


def by_channel(planes: Floats) -> Floats:
    kernel = numbers(1, 3, 3, 2 * CHANNELS).astype(np.float16).astype(np.float32)
    weight, same = kernel.transpose(3, 0, 1, 2), reference.same_padding(planes.shape, 3, 2)
    bias = numbers(2 * CHANNELS)
    return reference.relu(reference.conv2d(planes, weight, bias, stride=2, padding=same, groups=CHANNELS))


def added(network: TfliteNetwork, pictures: int) -> int:
    """A constant for every channel, and then the value itself."""
    once = network.tensor(1, HEIGHT, WIDTH, CHANNELS)
    network.operation("ADD", (network.constant(numbers(CHANNELS)), pictures), once, {0: ("b", 0)})
    result = network.tensor(1, HEIGHT, WIDTH, CHANNELS)
    return network.operation("ADD", (once, pictures), result, {0: ("b", RELU6)})


def padded(network: TfliteNetwork, pictures: int) -> int:
    sides = network.constant(np.array([[0, 0], [1, 2], [0, 1], [0, 3]], "<i4"))
    result = network.tensor(1, HEIGHT + 3, WIDTH + 1, CHANNELS + 3)
    return network.operation("PAD", (pictures, sides), result, {})


def pooled(network: TfliteNetwork, pictures: int) -> int:
    options = {0: ("b", SAME), 1: ("<i", 2), 2: ("<i", 2), 3: ("<i", 3), 4: ("<i", 3)}
    return network.operation("MAX_POOL_2D", [pictures], network.tensor(1, HEIGHT // 2, WIDTH // 2, CHANNELS), options)


def prelu(network: TfliteNetwork, pictures: int) -> int:
    slopes = network.constant(np.abs(numbers(1, 1, CHANNELS)))
    return network.operation("PRELU", (pictures, slopes), network.tensor(1, HEIGHT, WIDTH, CHANNELS))


def resized(half_pixel: int, align_corners: int) -> Build:
    def build(network: TfliteNetwork, pictures: int) -> int:
        size = network.constant(np.array([2 * HEIGHT, 2 * WIDTH], "<i4"))
        options = {2: ("b", align_corners), 3: ("b", half_pixel)}
        result = network.tensor(1, 2 * HEIGHT, 2 * WIDTH, CHANNELS)
        return network.operation("RESIZE_BILINEAR", (pictures, size), result, options)

    return build


def interpolated(place: Callable[[int, int], Floats]) -> Forward:
    """Bilinear, by where the pixels of the result lie among those of (length, twice the length)."""

    def along(planes: Floats, axis: int) -> Floats:
        length = planes.shape[axis]
        places = np.clip(place(length, 2 * length), 0, length - 1)
        low = np.minimum(places.astype(int), length - 2)
        share = (places - low).reshape([-1 if index == axis else 1 for index in range(4)])
        return planes.take(low, axis) * (1 - share) + planes.take(low + 1, axis) * share

    return lambda planes: along(along(planes, 2), 3)


def squares(network: TfliteNetwork, pictures: int) -> int:
    result = network.tensor(1, 2 * HEIGHT, 2 * WIDTH, CHANNELS // 4)
    return network.operation("DEPTH_TO_SPACE", [pictures], result, {0: ("<i", 2)})


def in_squares(planes: Floats) -> Floats:
    values = planes.transpose(0, 2, 3, 1).reshape(-1, HEIGHT, WIDTH, 2, 2, CHANNELS // 4)
    return values.transpose(0, 5, 1, 3, 2, 4).reshape(-1, CHANNELS // 4, 2 * HEIGHT, 2 * WIDTH)


CASES: dict[str, tuple[Build, Forward]] = {
    "valid": (convolution(), convolved()),
    "same": (convolution(SAME, (2, 1)), convolved(SAME, (2, 1))),
    "dilated": (convolution(SAME, gap=2), convolved(SAME, gap=2)),
    "with-activation": (convolution(activation=RELU), lambda x: reference.relu(convolved()(x))),
    "depthwise": (depthwise, by_channel),
    "added": (added, lambda x: reference.relu6(2 * x + numbers(CHANNELS)[:, None, None])),
    "padded": (padded, lambda x: np.pad(x, ((0, 0), (0, 3), (1, 2), (0, 1)))),
    "pooled": (pooled, lambda x: reference.max_pool(x, 3, 2, reference.same_padding(x.shape, 3, 2))),
    "prelu": (prelu, lambda x: reference.prelu(x, np.abs(numbers(CHANNELS)))),
    "asymmetric": (resized(0, 0), interpolated(lambda before, after: np.arange(after) * before / after)),
    "half-pixel": (resized(1, 0), interpolated(lambda before, after: (np.arange(after) + 0.5) * before / after - 0.5)),
    "corners": (resized(0, 1), interpolated(lambda before, after: np.arange(after) * (before - 1) / (after - 1))),
    "squares": (squares, in_squares),
}


def written(tmp_path: Path, build: Build) -> Path:
    network = TfliteNetwork()
    pictures = network.tensor(1, HEIGHT, WIDTH, CHANNELS)
    return network.write(tmp_path / "net.tflite", [pictures], [build(network, pictures)])


def check(source: Path, forward: Forward) -> None:
    """That the outputs are those of a forward pass on planes, which also another reader of the file gives."""
    planes = np.random.default_rng(1).uniform(-2, 2, (2, CHANNELS, HEIGHT, WIDTH)).astype(np.float32)
    target = source.with_suffix(".onnx")
    convert("tflite", source, target)
    expected = forward(planes.astype(np.float64))
    expected = expected.transpose(0, 2, 3, 1) if expected.ndim == 4 else expected
    assert np.ptp(expected) > 0.1
    for found in run_in_both(target, planes):
        (values,) = found.values()
        assert difference(values, expected) < TOLERANCE


@pytest.mark.parametrize("case", CASES)
def test_an_operation_computes_what_it_is_defined_to(case: str, tmp_path: Path) -> None:
    build, forward = CASES[case]
    check(written(tmp_path, build), forward)


def test_elements_are_taken_in_the_order_of_the_file(tmp_path: Path) -> None:
    def build(network: TfliteNetwork, pictures: int) -> int:
        shape = network.constant(np.array([1, -1, 2], "<i4"))
        rows = network.operation("RESHAPE", (pictures, shape), network.tensor(1, HEIGHT * WIDTH * 2, 2))
        joined = network.tensor(1, 2 * HEIGHT * WIDTH * 2, 2)
        return network.operation("CONCATENATION", (rows, rows), joined, {0: ("<i", 1), 1: ("b", 0)})

    def forward(planes: Floats) -> Floats:
        rows = planes.transpose(0, 2, 3, 1).reshape(len(planes), -1, 2)
        return np.concatenate([rows, rows], axis=1)

    check(written(tmp_path, build), forward)


def sparse_rows(kernel: Floats) -> tuple[Floats, dict[int, Any]]:
    """A matrix (out, in) by rows: where each begins, and the columns of what is not 0."""
    columns = [np.flatnonzero(row) for row in kernel]
    starts, indices = np.cumsum([0, *map(len, columns)]), np.concatenate(columns)
    sparse = {0: ("b", 1), 2: ("B", 1), 3: {0: starts.astype("<i4")}, 4: ("B", 1), 5: {0: indices.astype("<i4")}}
    dense = {0: ("b", 0), 1: ("<i", len(kernel))}
    return kernel[kernel != 0], {0: np.array([0, 1], "<i4"), 2: [dense, sparse]}


def sparse_blocks(kernel: Floats) -> tuple[Floats, dict[int, Any]]:
    """The same with blocks of two columns, each of which is there or not, and indices of 8 bits."""
    blocks = kernel.reshape(len(kernel), -1, 2)
    columns = [np.flatnonzero(np.any(row, axis=1)) for row in blocks]
    starts, indices = np.cumsum([0, *map(len, columns)]), np.concatenate(columns)
    dense, block = {0: ("b", 0), 1: ("<i", len(kernel))}, {0: ("b", 0), 1: ("<i", 2)}
    sparse = {0: ("b", 1), 2: ("B", 3), 3: {0: starts.astype("u1")}, 4: ("B", 3), 5: {0: indices.astype("u1")}}
    stored = np.concatenate([blocks[row, found].ravel() for row, found in enumerate(columns)])
    return stored, {0: np.array([0, 1, 2], "<i4"), 1: np.array([1], "<i4"), 2: [dense, sparse, block]}


@pytest.mark.parametrize("layout", [sparse_rows, sparse_blocks])
def test_sparse_weights_come_to_their_places(layout: Callable[[Floats], tuple[Floats, Any]], tmp_path: Path) -> None:
    kernel = numbers(5, CHANNELS) * np.array([[1, 1, 0, 0], [0, 0, 0, 0], [0, 0, 1, 1], [1, 1, 1, 1], [0, 0, 1, 1]])
    stored, sparsity = layout(kernel.astype(np.float32))

    def build(network: TfliteNetwork, pictures: int) -> int:
        sparse = network.constant(stored.astype(np.float16), (5, 1, 1, CHANNELS), around_planes(sparsity))
        dense = network.operation("DENSIFY", [sparse], network.tensor(5, 1, 1, CHANNELS), {})
        wide = network.operation("DEQUANTIZE", [dense], network.tensor(5, 1, 1, CHANNELS), {})
        options = {0: ("b", VALID), 1: ("<i", 1), 2: ("<i", 1)}
        result = network.tensor(1, HEIGHT, WIDTH, 5)
        return network.operation("CONV_2D", (pictures, wide, network.constant(numbers(5))), result, options)

    rounded = kernel.astype(np.float16).astype(np.float32)
    check(written(tmp_path, build), lambda x: reference.conv2d(x, rounded[..., None, None], numbers(5)))


def around_planes(sparsity: dict[int, Any]) -> dict[int, Any]:
    """The layout of a matrix for a kernel (out, 1, 1, in): two dense dimensions of size 1 in between."""
    rows, *columns = sparsity[2]
    one = {0: ("b", 0), 1: ("<i", 1)}
    order = np.arange(len(sparsity[2]) + 2, dtype="<i4")
    blocks = {1: np.array([3], "<i4")} if 1 in sparsity else {}
    return {0: order, **blocks, 2: [rows, one, one, *columns]}


def sparse_without_end(network: TfliteNetwork, pictures: int) -> int:
    """Of a few bytes that claim two thousand million rows."""
    sparsity = {0: np.array([0], "<i4"), 2: [{0: ("b", 0), 1: ("<i", 2**31 - 1)}]}
    slopes = network.constant(numbers(CHANNELS), (CHANNELS,), sparsity)
    return network.operation("PRELU", (pictures, slopes), network.tensor(1, HEIGHT, WIDTH, CHANNELS))


def unknown(network: TfliteNetwork, pictures: int) -> int:
    return network.operation("SOFTMAX", [pictures], network.tensor(1, HEIGHT, WIDTH, CHANNELS))


def custom(network: TfliteNetwork, pictures: int) -> int:
    return network.operation("CUSTOM", [pictures], network.tensor(1, HEIGHT, WIDTH, CHANNELS), name="Landmarks2")


def quantised(network: TfliteNetwork, pictures: int) -> int:
    return network.operation("RELU", [pictures], network.tensor(1, HEIGHT, WIDTH, CHANNELS, kind="u1"))


def of_another_shape(network: TfliteNetwork, pictures: int) -> int:
    return network.operation("RELU", [pictures], network.tensor(1, HEIGHT, WIDTH, CHANNELS + 1))


def padding_the_batch(network: TfliteNetwork, pictures: int) -> int:
    sides = network.constant(np.array([[1, 0], [0, 0], [0, 0], [0, 0]], "<i4"))
    return network.operation("PAD", (pictures, sides), network.tensor(2, HEIGHT, WIDTH, CHANNELS), {})


def padding_by_far(network: TfliteNetwork, pictures: int) -> int:
    sides = network.constant(np.array([[0, 0], [0, 0], [0, 0], [0, 2**30]], "<i4"))
    return network.operation("PAD", (pictures, sides), network.tensor(1, HEIGHT, WIDTH, CHANNELS + 2**30), {})


def from_nowhere(network: TfliteNetwork, pictures: int) -> int:
    later = network.tensor(1, HEIGHT, WIDTH, CHANNELS)
    return network.operation("ADD", (pictures, later), network.tensor(1, HEIGHT, WIDTH, CHANNELS), {})


def with_a_tanh(network: TfliteNetwork, pictures: int) -> int:
    return convolution(activation=TANH)(network, pictures)


def from_no_tensor(network: TfliteNetwork, pictures: int) -> int:
    return network.operation("RELU", [99], network.tensor(1, HEIGHT, WIDTH, CHANNELS))


def of_too_few_elements(network: TfliteNetwork, pictures: int) -> int:
    slopes = network.constant(numbers(3), (1, 1, CHANNELS))
    return network.operation("PRELU", (pictures, slopes), network.tensor(1, HEIGHT, WIDTH, CHANNELS))


@pytest.mark.parametrize(
    ("build", "reason"),
    [
        (unknown, "cannot be read .*it uses operation 25 of the schema; read are ADD"),
        (custom, "cannot be read .*it uses Landmarks2"),
        (quantised, "cannot be read .*is quantised"),
        (of_another_shape, r"cannot be converted: its RELU gives \(8, 6, 4\), the file says \(8, 6, 5\)"),
        (padding_the_batch, "cannot be converted: .*pads the batch"),
        (padding_by_far, "cannot be converted: .*of the shape"),
        (from_nowhere, "cannot be converted: .*which nothing gives"),
        (with_a_tanh, "cannot be converted: .*activation 4 of the schema"),
        (from_no_tensor, "cannot be converted: .*which nothing gives"),
        (sparse_without_end, "cannot be read .*claims 2147483647 elements, there is room for 4"),
        (of_too_few_elements, "cannot be read .*has 3 elements"),
    ],
)
def test_what_cannot_be_converted_is_refused_with_the_reason(build: Build, reason: str, tmp_path: Path) -> None:
    source, target = written(tmp_path, build), tmp_path / "net.onnx"
    with pytest.raises(ModelCorrupt, match=rf"^net\.tflite {reason}"):
        convert("tflite", source, target)
    assert not target.exists()


def test_other_files_are_corrupt(tmp_path: Path) -> None:
    source = tmp_path / "net.tflite"
    for content in (b"", b"text", b"\0\0\0\0TFL3", b"\xff" * 4 + b"TFL3" + b"\xff" * 64):
        source.write_bytes(content)
        with pytest.raises(ModelCorrupt, match=r"^net\.tflite cannot be read"):
            convert("tflite", source, tmp_path / "net.onnx")


def test_a_file_cut_anywhere_is_corrupt(weights: WeightStore, catalog: Catalog, tmp_path: Path) -> None:
    whole = originals(weights, catalog, "blazeface-short")[0].read_bytes()
    source, target = tmp_path / "net.tflite", tmp_path / "net.onnx"
    for size in (8, 200, 5_000, 100_000, 200_000, len(whole) - 200):
        source.write_bytes(whole[:size])
        with pytest.raises(ModelCorrupt):
            convert("tflite", source, target)
        assert not target.exists()


def test_a_file_with_any_byte_changed_is_converted_or_corrupt(tmp_path: Path) -> None:
    source, target = written(tmp_path, depthwise), tmp_path / "net.onnx"
    whole, random = source.read_bytes(), np.random.default_rng(5)
    outcomes = set()
    for place in random.choice(len(whole), 60, replace=False):
        changed = bytearray(whole)
        changed[place] ^= 1 << int(random.integers(8))
        source.write_bytes(bytes(changed))
        try:
            convert("tflite", source, target)
            outcomes.add("converted")
        except ModelCorrupt:
            outcomes.add("corrupt")
    assert outcomes == {"converted", "corrupt"}
