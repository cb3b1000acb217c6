"""ArcFace's and CR-FIQA's checkpoints become networks that compute what their papers say, or no file."""

from math import prod
from pathlib import Path

import numpy as np
import pytest
from tests.reference import iresnet as reference
from tests.support.both_runtimes import TOLERANCE, Floats, difference, run_in_both
from tests.support.checkpoints import Damage, Tensors, reshaped, state_dict, without, write_stream, write_zip

from mien.domain.errors import ModelCorrupt
from mien.inference.conversion.converting import convert

SHAPES = reference.shapes(units=(2, 1, 3, 1), width=4, embedding=16)
IMAGES = np.random.default_rng(7).uniform(-1, 1, (3, 3, 112, 112)).astype(np.float32)


@pytest.fixture(scope="module")
def tensors() -> Tensors:
    return reference.seeded(SHAPES)


@pytest.fixture(scope="module")
def expected(tensors: Tensors) -> Floats:
    return reference.embeddings(tensors, IMAGES)


def converted(tensors: Tensors, folder: Path, name: str = "arcface") -> Path:
    target = folder / "net.onnx"
    convert(name, write_zip(folder / "backbone.pth", state_dict(tensors)), target)
    return target


def test_both_runtimes_give_the_embeddings_of_the_paper(tensors: Tensors, expected: Floats, tmp_path: Path) -> None:
    for outputs in run_in_both(converted(tensors, tmp_path), IMAGES):
        assert list(outputs) == ["embeddings"]
        assert difference(outputs["embeddings"], expected) < TOLERANCE


def test_quality_comes_beside_the_embeddings(tmp_path: Path) -> None:
    tensors = reference.seeded(reference.shapes((1, 1, 2, 1), width=6, embedding=24, has_quality=True), seed=3)
    embeddings = reference.embeddings(tensors, IMAGES)
    for outputs in run_in_both(converted(tensors, tmp_path, "cr-fiqa"), IMAGES):
        assert list(outputs) == ["embeddings", "quality"]
        assert difference(outputs["embeddings"], embeddings) < TOLERANCE
        assert difference(outputs["quality"], reference.quality(tensors, embeddings)) < TOLERANCE


def test_other_ways_to_save_the_same_network(tensors: Tensors, expected: Floats, tmp_path: Path) -> None:
    in_parallel = write_stream(tmp_path / "parallel.pth", state_dict(tensors, "module."))
    among_others = write_zip(tmp_path / "epoch.pt", {"epoch": 3, "state_dict_backbone": state_dict(tensors)})
    for source in (in_parallel, among_others):
        convert("arcface", source, tmp_path / "net.onnx")
        assert difference(run_in_both(tmp_path / "net.onnx", IMAGES)[0]["embeddings"], expected) < TOLERANCE


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("layer1.0.bn2.running_mean", "layer1.0.bn3.running_mean"),
        ("layer3.1.conv1.weight", "layer3.2.conv1.weight"),
        ("layer4.0.bn3.weight", "layer4.0.downsample.1.weight"),
        ("bn1.bias", "bn1.running_mean"),
    ],
)
def test_tensors_in_each_other_s_place_change_the_result(
    tensors: Tensors, expected: Floats, tmp_path: Path, first: str, second: str
) -> None:
    swapped = tensors | {first: tensors[second], second: tensors[first]}
    found = run_in_both(converted(swapped, tmp_path), IMAGES)[0]["embeddings"]
    assert difference(found, expected) > 100 * TOLERANCE


def test_no_tensor_could_be_wrong_unseen() -> None:
    image, shapes = IMAGES[:1], reference.shapes((2, 1, 1, 1), width=2, embedding=8)
    tensors, others = (reference.seeded(shapes, seed) for seed in (0, 1))
    expected = reference.embeddings(tensors, image)
    for name in shapes:
        if not name.endswith("num_batches_tracked"):
            changed = reference.embeddings(tensors | {name: others[name]}, image)
            assert difference(changed, expected) > 10 * TOLERANCE, name


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        (without("conv1.weight"), "conv1.weight is missing"),
        (without("bn1.running_var"), "bn1.running_var is missing"),
        (without("layer2.0.downsample.0.weight"), "layer2.0.downsample.0.weight is missing"),
        (without("layer3.1.bn1.bias"), "layer3.1.bn1.bias is missing"),
        (without("layer3.1.conv1.weight"), "layer3.1.conv1.weight is missing"),
        (without("features.running_mean"), "features.running_mean is missing"),
        (reshaped("conv1.weight", (4, 1, 3, 3)), r"conv1.weight has the shape \(4, 1, 3, 3\), expected \(4, 3, 3, 3\)"),
        (reshaped("conv1.weight", ()), r"expected \(1, 3, 3, 3\)"),
        (
            reshaped("layer1.1.bn1.running_mean", (1,)),
            r"layer1.1.bn1.running_mean has the shape \(1,\), expected \(4,\)",
        ),
        (reshaped("layer1.0.prelu.weight", (1,)), r"expected \(4,\)"),
        (reshaped("layer3.1.conv2.weight", (16, 16, 1, 1)), r"expected \(16, 16, 3, 3\)"),
        (reshaped("fc.weight", (16, 32 * 14 * 14)), r"fc.weight has the shape .*, expected \(16, 1568\)"),
        (reshaped("fc.bias", (15,)), r"fc.bias has the shape \(15,\), expected \(16,\)"),
        (reshaped("layer1.0.se_block.fc1.weight", (1, 4, 1, 1)), "it also holds layer1.0.se_block.fc1.weight"),
        (reshaped("layer4.2.conv1.weight", (32, 32, 3, 3)), "it also holds layer4.2.conv1.weight"),
        (reshaped("qs.weight", (1, 16)), "it also holds qs.weight"),
    ],
)
def test_a_checkpoint_of_another_network_becomes_no_file(
    tensors: Tensors, tmp_path: Path, damage: Damage, reason: str
) -> None:
    with pytest.raises(ModelCorrupt, match=reason) as raised:
        converted(damage(tensors), tmp_path)
    assert "\n" not in str(raised.value)
    assert not (tmp_path / "net.onnx").exists()


def test_a_recogniser_has_no_quality(tensors: Tensors, tmp_path: Path) -> None:
    with pytest.raises(ModelCorrupt, match=r"qs\.weight is missing"):
        converted(tensors, tmp_path, "cr-fiqa")
    assert not (tmp_path / "net.onnx").exists()


def test_the_full_size_is_that_of_the_published_networks() -> None:
    small, large = (
        sum(prod(shape) for shape in reference.shapes(units, has_quality=True).values())
        for units in (reference.IRESNET50, reference.IRESNET100)
    )
    # the official CR-FIQA files have 174,679,421 and 261,219,071 bytes, of which some 340 a tensor are the archive's
    assert 0 < 174_679_421 - 4 * small < 200_000
    assert 0 < 261_219_071 - 4 * large < 350_000
