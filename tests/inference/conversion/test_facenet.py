"""FaceNet's checkpoint becomes a network that computes what the papers say, or no file."""

from pathlib import Path

import numpy as np
import pytest
from tests.reference import facenet
from tests.support.both_runtimes import TOLERANCE, difference, run_in_both
from tests.support.checkpoints import Tensors, state_dict, write_stream, write_zip

from mien.domain.errors import ModelCorrupt
from mien.inference.conversion.networks.facenet import convert

WIDTH = 1 / 16


@pytest.fixture(scope="module")
def tensors() -> Tensors:
    return facenet.seeded(WIDTH, embedding=16, classes=5)


@pytest.fixture(scope="module")
def images() -> np.ndarray:
    return np.random.default_rng(1).uniform(-1, 1, (2, 3, 160, 160)).astype(np.float32)


def test_both_runtimes_give_what_the_papers_say(tensors: Tensors, images: np.ndarray, tmp_path: Path) -> None:
    target = tmp_path / "net.onnx"
    convert(write_stream(tmp_path / "net.pt", state_dict(tensors)), target)
    expected = facenet.embeddings(tensors, images.astype(np.float64))
    assert expected.shape == (2, 16)
    assert np.abs(expected[0] - expected[1]).max() > 1e-3 * np.abs(expected).max()
    for found in run_in_both(target, images):
        assert list(found) == ["embeddings"]
        assert difference(found["embeddings"], expected) < TOLERANCE


@pytest.mark.parametrize("name", ["repeat_2.9.branch1.1.conv.weight", "mixed_6a.branch1.2.bn.running_var"])
def test_a_checkpoint_that_lacks_a_tensor_is_corrupt(tensors: Tensors, name: str, tmp_path: Path) -> None:
    rest = {key: values for key, values in tensors.items() if key != name}
    source, target = write_zip(tmp_path / "net.pt", state_dict(rest)), tmp_path / "net.onnx"
    with pytest.raises(ModelCorrupt, match=f"of another network: {name.replace('.', '[.]')} is missing"):
        convert(source, target)
    assert not target.exists()


@pytest.mark.parametrize(
    ("name", "shape", "reason"),
    [
        ("mixed_7a.branch2.1.conv.weight", (), r"has the shape \(\), expected \(any, any, 3, 3\)"),
        ("repeat_3.2.branch1.2.conv.weight", (12, 12, 5, 1), r"expected \(any, any, 3, 1\)"),
        ("last_bn.running_mean", (15,), r"has the shape \(15,\), expected \(16,\)"),
    ],
)
def test_a_tensor_of_another_shape_is_corrupt(
    tensors: Tensors, name: str, shape: tuple[int, ...], reason: str, tmp_path: Path
) -> None:
    changed = tensors | {name: np.ones(shape, np.float32)}
    source, target = write_zip(tmp_path / "net.pt", state_dict(changed)), tmp_path / "net.onnx"
    with pytest.raises(ModelCorrupt, match=reason):
        convert(source, target)
    assert not target.exists()


def test_a_checkpoint_with_more_blocks_is_corrupt(tensors: Tensors, tmp_path: Path) -> None:
    more = {f"repeat_1.5.{name.removeprefix('repeat_1.4.')}": values for name, values in tensors.items()
            if name.startswith("repeat_1.4.")}  # fmt: skip
    source, target = write_zip(tmp_path / "net.pt", state_dict(tensors | more)), tmp_path / "net.onnx"
    with pytest.raises(ModelCorrupt, match=r"it also holds repeat_1[.]5"):
        convert(source, target)
    assert not target.exists()


def test_a_truncated_file_is_corrupt(tensors: Tensors, tmp_path: Path) -> None:
    source, target = write_zip(tmp_path / "net.pt", state_dict(tensors)), tmp_path / "net.onnx"
    source.write_bytes(source.read_bytes()[: source.stat().st_size * 2 // 3])
    with pytest.raises(ModelCorrupt, match=r"net\.pt cannot be read"):
        convert(source, target)
    assert not target.exists()
