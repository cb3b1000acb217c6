"""ResEmoteNet's checkpoints become networks that compute what the paper says, or no file."""

from math import prod
from pathlib import Path

import numpy as np
import pytest
from tests.reference import resemotenet as reference
from tests.support.both_runtimes import TOLERANCE, Floats, difference, run_in_both
from tests.support.checkpoints import Damage, Tensors, reshaped, seeded_tensors, state_dict, without, write_zip

from mien.domain.errors import ModelCorrupt
from mien.inference.conversion.converting import convert

SHAPES = reference.shapes(width=8)
IMAGES = np.random.default_rng(5).uniform(-2, 2, (3, 3, 64, 64)).astype(np.float32)


@pytest.fixture(scope="module")
def tensors() -> Tensors:
    return seeded_tensors(SHAPES)


@pytest.fixture(scope="module")
def expected(tensors: Tensors) -> Floats:
    return reference.logits(tensors, IMAGES)


def converted(tensors: Tensors, folder: Path) -> Path:
    target = folder / "net.onnx"
    optimiser = {"state": {0: {"momentum_buffer": np.zeros(3, np.float32)}}, "param_groups": [{"lr": 1e-3}]}
    content = {"epoch": 79, "model_state_dict": state_dict(tensors), "optimizer_state_dict": optimiser}
    convert("resemotenet", write_zip(folder / "rafdb_model.pth", content), target)
    return target


def test_both_runtimes_give_the_logits_of_the_paper(tensors: Tensors, expected: Floats, tmp_path: Path) -> None:
    for outputs in run_in_both(converted(tensors, tmp_path), IMAGES):
        assert list(outputs) == ["logits"]
        assert outputs["logits"].shape == (3, 7)
        assert difference(outputs["logits"], expected) < TOLERANCE


def test_the_classes_are_as_many_as_the_checkpoint_has(tmp_path: Path) -> None:
    tensors = seeded_tensors(reference.shapes(width=4, classes=6))
    found = run_in_both(converted(tensors, tmp_path), IMAGES)[0]["logits"]
    assert difference(found, reference.logits(tensors, IMAGES)) < TOLERANCE


def test_no_tensor_could_be_wrong_unseen() -> None:
    image, shapes = IMAGES[:1], reference.shapes(width=4)
    tensors, others = (seeded_tensors(shapes, seed) for seed in (0, 1))
    expected = reference.logits(tensors, image)
    for name in shapes:
        if not name.endswith("num_batches_tracked"):
            changed = reference.logits(tensors | {name: others[name]}, image)
            assert difference(changed, expected) > 10 * TOLERANCE, name


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("bn1.bias", "bn1.running_mean"),
        ("res_block1.bn2.running_mean", "res_block1.shortcut.1.running_mean"),
        ("res_block3.conv1.bias", "res_block3.conv2.bias"),
    ],
)
def test_tensors_in_each_other_s_place_change_the_result(
    tensors: Tensors, expected: Floats, tmp_path: Path, first: str, second: str
) -> None:
    swapped = tensors | {first: tensors[second], second: tensors[first]}
    found = run_in_both(converted(swapped, tmp_path), IMAGES)[0]["logits"]
    assert difference(found, expected) > 10 * TOLERANCE


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        (without("conv2.weight"), "conv2.weight is missing"),
        (without("bn3.running_var"), "bn3.running_var is missing"),
        (without("se.fc.2.weight"), "se.fc.2.weight is missing"),
        (without("res_block2.shortcut.0.weight"), "res_block2.shortcut.0.weight is missing"),
        (without("fc4.weight"), "fc4.weight is missing"),
        (reshaped("conv1.weight", (8, 1, 3, 3)), r"conv1.weight has the shape \(8, 1, 3, 3\), expected \(8, 3, 3, 3\)"),
        (reshaped("se.fc.0.weight", (2, 16)), r"expected \(2, 32\)"),
        (reshaped("res_block1.conv2.weight", (64, 64, 1, 1)), r"expected \(64, 64, 3, 3\)"),
        (reshaped("res_block3.shortcut.0.weight", (1, 128, 1, 1)), r"expected \(256, 128, 1, 1\)"),
        (reshaped("fc1.weight", (128, 1024)), r"expected \(128, 256\)"),
        (reshaped("res_block4.conv1.weight", (512, 256, 3, 3)), "it also holds res_block4.conv1.weight"),
    ],
)
def test_a_checkpoint_of_another_network_becomes_no_file(
    tensors: Tensors, tmp_path: Path, damage: Damage, reason: str
) -> None:
    with pytest.raises(ModelCorrupt, match=reason) as raised:
        converted(damage(tensors), tmp_path)
    assert "\n" not in str(raised.value)
    assert not (tmp_path / "net.onnx").exists()


def test_the_full_size_is_that_of_the_published_network() -> None:
    parameters = {
        name: shape for name, shape in reference.shapes().items() if "running" not in name and "num_batches" not in name
    }
    assert sum(map(prod, parameters.values())) == 80_238_599  # 80.24 million in the paper
