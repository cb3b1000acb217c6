"""MiniFASNet's checkpoints become networks that compute what is published, or no file."""

from pathlib import Path

import numpy as np
import pytest
from tests.reference import minifasnet as reference
from tests.support.both_runtimes import TOLERANCE, difference, run_in_both
from tests.support.checkpoints import Damage, Tensors, reshaped, state_dict, without, write_stream, write_zip

from mien.domain.errors import ModelCorrupt
from mien.inference.conversion.converting import convert
from mien.inference.conversion.readers.torch_checkpoint import read_tensors

SHAPES, SQUEEZING = reference.shapes(), reference.shapes(has_squeeze=True)
IMAGES = np.random.default_rng(4).integers(0, 256, (2, 3, 80, 80)).astype(np.float32)
OFFICIAL = ("2.7_80x80_MiniFASNetV2.pth", "4_0_0_80x80_MiniFASNetV1SE.pth")


def converted(tensors: Tensors, folder: Path, prefix: str = "module.") -> Path:
    target = folder / "net.onnx"
    convert("minifasnet", write_stream(folder / "net.pth", state_dict(tensors, prefix)), target)
    return target


@pytest.mark.parametrize("shapes", [SHAPES, SQUEEZING], ids=["plain", "squeezing"])
def test_both_runtimes_give_the_published_scores(shapes: dict[str, tuple[int, ...]], tmp_path: Path) -> None:
    tensors = reference.seeded(shapes)
    expected = reference.logits(tensors, IMAGES)
    for outputs in run_in_both(converted(tensors, tmp_path), IMAGES):
        assert list(outputs) == ["logits"]
        assert difference(outputs["logits"], expected) < TOLERANCE


def test_the_training_network_is_read_without_its_fourier_branch(tmp_path: Path) -> None:
    tensors = reference.seeded(SQUEEZING, seed=2)
    training = {f"model.{name}": values for name, values in tensors.items()}
    training["FTGenerator.ft.0.weight"] = np.ones((4, 2, 3, 3), np.float32)
    convert("minifasnet", write_zip(tmp_path / "epoch.pth", state_dict(training, "module.")), tmp_path / "net.onnx")
    found = run_in_both(tmp_path / "net.onnx", IMAGES)[0]["logits"]
    assert difference(found, reference.logits(tensors, IMAGES)) < TOLERANCE


def test_no_tensor_could_be_wrong_unseen() -> None:
    image, shapes = IMAGES[:1] / 64, reference.shapes(has_squeeze=True)
    tensors, others = (reference.seeded(shapes, seed) for seed in (8, 9))
    expected = reference.logits(tensors, image)
    for name in shapes:
        if not name.endswith("num_batches_tracked"):
            changed = reference.logits(tensors | {name: others[name]}, image)
            assert difference(changed, expected) > 10 * TOLERANCE, name


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        (without("conv1.conv.weight"), "conv1.conv.weight is missing"),
        (without("conv_3.model.2.project.bn.running_var"), "project.bn.running_var is missing"),
        (without("conv_4.model.5.se_module.bn1.weight"), "se_module.bn1.weight is missing"),
        (without("prob.weight"), "prob.weight is missing"),
        (reshaped("prob.weight", (2, 16)), "do not fit together"),
        (reshaped("conv2_dw.conv.weight", (4,)), r"expected \(any, 1, any, any\)"),
        (reshaped("conv_6_dw.conv.weight", (32, 1, 7, 7)), "do not fit together"),
        (reshaped("conv_5.model.0.conv.prelu.weight", (3,)), "do not fit together"),
        (reshaped("conv_5.model.2.conv.prelu.weight", (3,)), "conv_5.model.2.conv.conv.weight is missing"),
        (reshaped("fc.weight", (3, 16)), "it also holds fc.weight"),
    ],
)
def test_a_checkpoint_of_another_network_becomes_no_file(damage: Damage, reason: str, tmp_path: Path) -> None:
    with pytest.raises(ModelCorrupt, match=reason) as raised:
        converted(damage(reference.seeded(SQUEEZING)), tmp_path)
    assert "\n" not in str(raised.value)
    assert not (tmp_path / "net.onnx").exists()


@pytest.mark.parametrize("name", OFFICIAL)
def test_the_official_checkpoints_give_the_published_scores(shared: Path, name: str, tmp_path: Path) -> None:
    source, target = shared / "models" / "minifasnet" / name, tmp_path / "net.onnx"
    convert("minifasnet", source, target)
    tensors = read_tensors(source)
    assert ("conv_3.model.3.se_module.fc1.weight" in tensors) == ("SE" in name)
    expected = reference.logits(tensors, IMAGES)
    for outputs in run_in_both(target, IMAGES):
        assert difference(outputs["logits"], expected) < TOLERANCE
