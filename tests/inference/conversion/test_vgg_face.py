"""VGG-Face's torch file and its Keras twin become the same network, which computes what the paper says."""

from collections.abc import Sequence
from pathlib import Path

import h5py
import numpy as np
import pytest
from tests.reference import vgg_face
from tests.support.both_runtimes import TOLERANCE, difference, run_in_both
from tests.support.checkpoints import Tensors, state_dict, write_stream, write_zip

from mien.domain.errors import ModelCorrupt
from mien.inference.conversion.networks.vgg_face import convert

SIDE_PX = 64
Layer = tuple[np.ndarray, np.ndarray]


@pytest.fixture(scope="module")
def tensors() -> Tensors:
    return vgg_face.seeded(1 / 16, SIDE_PX, descriptor=24, classes=5)


def write_keras(path: Path, layers: Sequence[Layer], group: str = "/") -> Path:
    """As ``Sequential.save_weights`` does: layers that only pad or pool are listed too, as empty groups."""
    with h5py.File(path, "w") as file:
        parent = file.require_group(group)
        names = [f"{kind}_{number}" for number in range(1, len(layers) + 1) for kind in ("zero_padding2d", "conv2d")]
        parent.attrs["layer_names"] = [name.encode() for name in names]
        for name in names:
            weights = layers[int(name.rpartition("_")[2]) - 1] if name.startswith("conv2d") else ()
            parts = [f"{name}/{part}:0" for part in ("kernel", "bias")][: len(weights)]
            place = parent.create_group(name)
            place.attrs["weight_names"] = [part.encode() for part in parts]
            for part, values in zip(parts, weights, strict=True):
                place[part] = values
    return path


@pytest.mark.parametrize("kind", ["torch", "torch-convolutions", "keras", "keras-whole"])
def test_all_kinds_of_files_give_what_the_paper_says(tensors: Tensors, kind: str, tmp_path: Path) -> None:
    source, target = tmp_path / "net", tmp_path / "net.onnx"
    if kind == "torch":
        write_stream(source, state_dict(tensors))
    elif kind == "torch-convolutions":
        write_zip(source, state_dict(vgg_face.with_convolutions(tensors)))
    else:
        write_keras(source, vgg_face.keras_layers(tensors), "/" if kind == "keras" else "/model_weights")
    convert(source, target)
    images = np.random.default_rng(1).uniform(-100, 100, (3, 3, SIDE_PX, SIDE_PX)).astype(np.float32)
    expected = vgg_face.embeddings(tensors, images.astype(np.float64))
    assert 0.2 < (expected > 0).mean() < 0.8
    for found in run_in_both(target, images):
        assert difference(found["embeddings"], expected) < TOLERANCE


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"conv3_2.weight": None}, r"conv3_2[.]weight is missing"),
        ({"conv5_3.bias": np.zeros(7, np.float32)}, r"conv5_3[.]bias has the shape \(7,\), expected \(32,\)"),
        ({"fc7.bias": np.zeros(1, np.float32)}, r"fc7[.]bias has the shape \(1,\), expected \(24,\)"),
        ({"fc6.weight": np.ones((), np.float32), "fc6.bias": np.ones(1, np.float32)}, "does not see square maps"),
        ({"fc6.weight": np.zeros((0, 128), np.float32)}, r"fc6[.]bias has the shape \(24,\), expected \(0,\)"),
        ({"conv4_4.weight": np.zeros((1, 1, 3, 3), np.float32)}, r"also holds conv4_4[.]weight"),
        ({"fc6.weight": np.zeros((24, 32 * 3), np.float32)}, "does not see square maps"),
        ({"fc6.weight": np.zeros((24, 33), np.float32)}, "does not see square maps"),
        ({"fc7.weight": np.zeros((24, 25), np.float32)}, "do not fit together"),
    ],
)
def test_a_checkpoint_of_another_network_is_corrupt(
    tensors: Tensors, changes: dict[str, np.ndarray | None], reason: str, tmp_path: Path
) -> None:
    changed = {name: values for name, values in (tensors | changes).items() if values is not None}
    source, target = write_zip(tmp_path / "net.pth", state_dict(changed)), tmp_path / "net.onnx"
    with pytest.raises(ModelCorrupt, match=reason):
        convert(source, target)
    assert not target.exists()


def test_other_keras_files_are_corrupt(tensors: Tensors, tmp_path: Path) -> None:
    layers = vgg_face.keras_layers(tensors)
    target = tmp_path / "net.onnx"
    dense = (np.zeros((128, 24), np.float32), np.zeros(24, np.float32))
    for content in (layers[:-1], [*layers, layers[-1]], [*layers[:13], dense, *layers[14:]], []):
        with pytest.raises(ModelCorrupt, match=r"net[.]h5 is of another network: expected 16 convolutions"):
            convert(write_keras(tmp_path / "net.h5", content), target)
    with pytest.raises(ModelCorrupt, match="do not fit together"):
        convert(write_keras(tmp_path / "net.h5", [*layers[:2], layers[3], layers[2], *layers[4:]]), target)
    assert not target.exists()


@pytest.mark.parametrize("kind", ["torch", "keras"])
def test_a_truncated_file_is_corrupt(tensors: Tensors, kind: str, tmp_path: Path) -> None:
    source, target = tmp_path / "net", tmp_path / "net.onnx"
    if kind == "torch":
        write_zip(source, state_dict(tensors))
    else:
        write_keras(source, vgg_face.keras_layers(tensors))
    source.write_bytes(source.read_bytes()[: source.stat().st_size * 2 // 3])
    with pytest.raises(ModelCorrupt, match="net cannot be read"):
        convert(source, target)
    assert not target.exists()
