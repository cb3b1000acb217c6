"""The quality regressor becomes a network that computes what the paper says; the published weights too."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from tests.reference import mobilenet_v2
from tests.support.both_runtimes import TOLERANCE, difference, run_in_both
from tests.support.checkpoints import Tensors, state_dict, write_stream, write_zip

from mien.domain.errors import ModelCorrupt
from mien.inference.conversion.networks.mobilenet_v2 import convert
from mien.inference.conversion.readers.torch_checkpoint import read_tensors
from mien.inference.installed import InstalledModel


@pytest.fixture(scope="module")
def tensors() -> Tensors:
    return mobilenet_v2.seeded_quality(1 / 8)


def test_both_runtimes_give_what_the_paper_says(tensors: Tensors, tmp_path: Path) -> None:
    target = tmp_path / "net.onnx"
    convert(write_stream(tmp_path / "last.pth", state_dict(tensors, "module.")), target)
    images = np.random.default_rng(1).uniform(-1, 1, (3, 3, 128, 128)).astype(np.float32)
    expected = mobilenet_v2.quality(tensors, images.astype(np.float64))
    assert expected.shape == (3, 1)
    assert np.ptp(expected) > 1e-2 * np.abs(expected).max()
    for found in run_in_both(target, images):
        assert list(found) == ["quality"]
        assert difference(found["quality"], expected) < TOLERANCE


def test_the_published_weights_give_what_their_own_framework_gives(take: Callable[[str], InstalledModel]) -> None:
    model = take("qualityface")
    channel, row, column = np.ogrid[0:3, 0:128, 0:128]
    pattern = ((row + 3) * (column + 5) // 16 + 40 * channel + 3 * abs(column - 64)) % 256
    cone = np.clip(2 * abs(row - 64) + abs(column - 64) + 20 * channel, 0, 255)
    images = (np.stack([pattern, cone]).astype(np.float32) - 127.5) / 127.5
    in_torch = np.array([[0.8176609], [0.1994698]])
    tensors = read_tensors(model.paths[0].with_name(model.card.files[0].file))
    assert difference(mobilenet_v2.quality(tensors, images), in_torch) < TOLERANCE
    for found in run_in_both(model.paths[0], images):
        assert difference(found["quality"], in_torch) < TOLERANCE


@pytest.mark.parametrize(
    ("name", "shape"),
    [
        ("0.0.weight", (3,)),
        ("3.conv.0.0.weight", (18, 0)),
        ("7.conv.1.0.weight", ()),
        ("5.conv.1.0.weight", (24, 1, 5, 5)),
        ("18.1.running_var", (3,)),
    ],
)
def test_a_tensor_of_another_shape_is_corrupt(
    tensors: Tensors, name: str, shape: tuple[int, ...], tmp_path: Path
) -> None:
    name = f"backbone.net.features.{name}"
    source, target = tmp_path / "last.pth", tmp_path / "net.onnx"
    write_zip(source, state_dict(tensors | {name: np.ones(shape, np.float32)}))
    with pytest.raises(ModelCorrupt, match=f"{name} has the shape"):
        convert(source, target)
    assert not target.exists()


@pytest.mark.parametrize(
    ("removed", "reason"),
    [
        ("module.classify.weight", "classify[.]weight is missing"),
        ("module.backbone.net.features.5.conv.1.0.weight", r"features[.]5[.]conv[.]1[.]0[.]weight is missing"),
    ],
)
def test_another_network_is_corrupt(tensors: Tensors, removed: str, reason: str, tmp_path: Path) -> None:
    content = state_dict(tensors, "module.")
    del content[removed]
    source, target = write_zip(tmp_path / "last.pth", content), tmp_path / "net.onnx"
    with pytest.raises(ModelCorrupt, match=reason):
        convert(source, target)
    assert not target.exists()


def test_a_truncated_file_is_corrupt(tensors: Tensors, tmp_path: Path) -> None:
    source, target = write_stream(tmp_path / "last.pth", state_dict(tensors)), tmp_path / "net.onnx"
    source.write_bytes(source.read_bytes()[:-1])
    with pytest.raises(ModelCorrupt, match=r"last[.]pth cannot be read"):
        convert(source, target)
    assert not target.exists()
