"""AdaFace's checkpoints become networks that compute what the paper says, or no file."""

from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from tests.reference import adaface as reference
from tests.support.both_runtimes import TOLERANCE, Floats, difference, run_in_both
from tests.support.checkpoints import Damage, Tensors, reshaped, state_dict, without, write_zip

from mien.domain.errors import ModelCorrupt
from mien.inference.conversion.converting import convert

UNITS = (2, 1, 3, 1)
SHAPES = reference.shapes(UNITS, width=4, embedding=16)
IMAGES = np.random.default_rng(11).uniform(-1, 1, (3, 3, 112, 112)).astype(np.float32)


@pytest.fixture(scope="module")
def tensors() -> Tensors:
    return reference.seeded(SHAPES)


@pytest.fixture(scope="module")
def expected(tensors: Tensors) -> Floats:
    return reference.embeddings(tensors, IMAGES, UNITS)


def of_the_training(tensors: Tensors) -> dict[str, object]:
    """What the official training saves: the network beside its head, its optimiser and its progress."""
    head = {"head.kernel": np.ones((16, 5), np.float32), "head.batch_mean": np.ones(1, np.float32)}
    return {
        "epoch": 25,
        "global_step": 100_000,
        "pytorch-lightning_version": "1.4.4",
        "state_dict": state_dict({f"model.{name}": values for name, values in tensors.items()} | head),
        "optimizer_states": [{"state": {0: {"momentum_buffer": np.zeros(3, np.float32)}}}],
        "lr_schedulers": [{"milestones": Counter([12, 20, 24]), "gamma": 0.1}],
        "hyper_parameters": {"arch": "ir_50", "m": 0.4, "head": "adaface"},
    }


def converted(content: object, folder: Path) -> Path:
    target = folder / "net.onnx"
    convert("adaface", write_zip(folder / "adaface_ir50.ckpt", content), target)
    return target


def test_both_runtimes_give_the_embeddings_of_the_paper(tensors: Tensors, expected: Floats, tmp_path: Path) -> None:
    for outputs in run_in_both(converted(of_the_training(tensors), tmp_path), IMAGES):
        assert list(outputs) == ["embeddings"]
        assert difference(outputs["embeddings"], expected) < TOLERANCE


def test_the_norm_is_left_in_the_embeddings(tensors: Tensors, expected: Floats, tmp_path: Path) -> None:
    found = run_in_both(converted(of_the_training(tensors), tmp_path), IMAGES)[0]["embeddings"]
    norms = np.linalg.norm(found, axis=1)
    np.testing.assert_allclose(norms, np.linalg.norm(expected, axis=1), rtol=TOLERANCE)
    assert norms.std() > 0.01 * norms.mean()


def test_the_network_alone_is_read_too(tensors: Tensors, expected: Floats, tmp_path: Path) -> None:
    found = run_in_both(converted(state_dict(tensors), tmp_path), IMAGES)[0]["embeddings"]
    assert difference(found, expected) < TOLERANCE


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("body.0.res_layer.2.running_mean", "body.0.res_layer.5.running_mean"),
        ("body.1.res_layer.1.weight", "body.1.res_layer.4.weight"),
        ("body.2.res_layer.5.weight", "body.2.shortcut_layer.1.weight"),
        ("output_layer.3.bias", "output_layer.4.running_mean"),
    ],
)
def test_tensors_in_each_other_s_place_change_the_result(
    tensors: Tensors, expected: Floats, tmp_path: Path, first: str, second: str
) -> None:
    swapped = tensors | {first: tensors[second], second: tensors[first]}
    found = run_in_both(converted(of_the_training(swapped), tmp_path), IMAGES)[0]["embeddings"]
    assert difference(found, expected) > 10 * TOLERANCE


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        (without("input_layer.0.weight"), "input_layer.0.weight is missing"),
        (without("body.2.shortcut_layer.0.weight"), "body.2.shortcut_layer.0.weight is missing"),
        (without("body.3.res_layer.3.weight"), "body.3.res_layer.3.weight is missing"),
        (without("output_layer.4.running_var"), "output_layer.4.running_var is missing"),
        (reshaped("input_layer.0.weight", (4, 1, 3, 3)), r"expected \(4, 3, 3, 3\)"),
        (reshaped("body.1.res_layer.1.weight", (4, 4, 1, 1)), r"expected \(4, 4, 3, 3\)"),
        (reshaped("body.1.res_layer.3.weight", (1,)), r"expected \(4,\)"),
        (reshaped("body.2.res_layer.0.running_mean", (1,)), r"expected \(4,\)"),
        (reshaped("output_layer.3.weight", (16, 32 * 14 * 14)), r"expected \(16, 1568\)"),
        (reshaped("body.0.shortcut_layer.0.weight", (4, 4, 1, 1)), "it also holds body.0.shortcut_layer.0.weight"),
        (reshaped("body.0.res_layer.se_block.fc1.weight", (1, 4, 1, 1)), "it also holds body.0.res_layer.se_block"),
    ],
)
def test_a_checkpoint_of_another_network_becomes_no_file(
    tensors: Tensors, tmp_path: Path, damage: Damage, reason: str
) -> None:
    with pytest.raises(ModelCorrupt, match=reason) as raised:
        converted(of_the_training(damage(tensors)), tmp_path)
    assert "\n" not in str(raised.value)
    assert not (tmp_path / "net.onnx").exists()


def test_stages_that_do_not_halve_the_side_often_enough_are_another_network(tmp_path: Path) -> None:
    three_stages = reference.shapes((1, 1, 1), width=4, embedding=16)
    with pytest.raises(ModelCorrupt, match=r"tensors do not fit together") as raised:
        converted(of_the_training(reference.seeded(three_stages | {"output_layer.3.weight": (16, 784)})), tmp_path)
    assert "\n" not in str(raised.value)
    assert not (tmp_path / "net.onnx").exists()
