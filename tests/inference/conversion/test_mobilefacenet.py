"""The recogniser's checkpoint becomes a network that is proven, or no file."""

from pathlib import Path

import numpy as np
import onnx
import pytest
from tests.support.checkpoints import state_dict, write_zip

from mien.domain.errors import ModelCorrupt
from mien.inference.catalog import Catalog
from mien.inference.conversion import converting
from mien.inference.conversion.networks.mobilefacenet import convert, reference_images
from mien.inference.conversion.readers.torch_checkpoint import read_tensors
from mien.inference.file_metadata import stated_input
from mien.inference.onnx_runtime import OnnxRuntime
from mien.inference.weights import WeightStore


@pytest.fixture(scope="module")
def checkpoint(weights: WeightStore, catalog: Catalog) -> Path:
    card = catalog.card("mobilefacenet")
    return weights.path(card).with_name(card.files[0].file)


def test_the_network_takes_any_number_of_faces(checkpoint: Path, tmp_path: Path) -> None:
    target = tmp_path / "net.onnx"
    convert(checkpoint, target)
    model = onnx.load(target)
    onnx.checker.check_model(model, full_check=True)
    assert {node.op_type for node in model.graph.node} == {"Sub", "Mul", "Conv", "PRelu", "Add", "Flatten", "MatMul"}
    session = OnnxRuntime().load(target)
    assert session.input_shape == (None, 3, 112, 112)
    assert session.outputs == ("embeddings",)


@pytest.mark.parametrize("start", ["", "backbone.", "module.backbone."])
def test_a_checkpoint_of_any_training_is_converted_alike(
    checkpoint: Path, catalog: Catalog, tmp_path: Path, start: str
) -> None:
    tensors = read_tensors(checkpoint)
    head = state_dict({"weight": np.zeros((512, 9), np.float32)}, start.replace("backbone", "head")) if start else {}
    source = write_zip(tmp_path / "Epoch_17.pt", {"state_dict": state_dict(tensors, start) | head, "epoch": 17})
    convert(checkpoint, tmp_path / "own.onnx")
    converting.convert("arcface", source, tmp_path / "net.onnx")
    own, found = (OnnxRuntime().load(tmp_path / name).run(reference_images()) for name in ("own.onnx", "net.onnx"))
    np.testing.assert_array_equal(found["embeddings"], own["embeddings"])
    layout = stated_input(tmp_path / "net.onnx", catalog.family("arcface").input)
    assert layout == catalog.card("mobilefacenet").input


def test_the_reference_is_a_picture() -> None:
    images = reference_images()
    assert images.shape == (1, 3, 112, 112)
    assert (images == images.round()).all()
    assert (images.min(), images.max()) == (0, 255)


@pytest.mark.parametrize("damage_at", [-4, -2_000_000])
def test_weights_that_changed_are_found_out(checkpoint: Path, tmp_path: Path, damage_at: int) -> None:
    content = bytearray(checkpoint.read_bytes())
    damaged = np.frombuffer(content, np.uint8).copy()
    damaged[damage_at : damage_at + 4 or None] = np.frombuffer(np.float32(1e4).tobytes(), np.uint8)
    source = tmp_path / "damaged.pkl"
    source.write_bytes(damaged.tobytes())
    with pytest.raises(ModelCorrupt, match=r"does not give the stored embedding|cannot be read"):
        convert(source, tmp_path / "net.onnx")
