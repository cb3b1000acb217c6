"""EdgeFace's checkpoints become networks that compute what the papers say, or no file."""

from math import prod
from pathlib import Path

import numpy as np
import pytest
from tests.reference import edgeface as reference
from tests.support.both_runtimes import TOLERANCE, Floats, difference, run_in_both
from tests.support.checkpoints import Damage, Tensors, reshaped, state_dict, without, write_stream, write_zip

from mien.domain.errors import ModelCorrupt
from mien.inference.conversion.converting import convert
from mien.inference.conversion.networks import edgeface
from mien.inference.conversion.readers.torch_checkpoint import below, read_tensors

SHAPES = reference.shapes((1, 2, 1, 2), (8, 12, 20, 24), embedding=16)
LOW_RANK = reference.shapes((1, 1, 2, 1), (8, 12, 20, 24), embedding=16, rank_share=0.6)
VERY_LOW_RANK = reference.shapes((1, 1, 1, 1), (8, 12, 16, 24), embedding=16, rank_share=0.2)
IMAGES = np.random.default_rng(3).uniform(-1, 1, (2, 3, 112, 112)).astype(np.float32)
OFFICIAL = ("edgeface_xs_q.pt", "edgeface_xxs_q.pt")


@pytest.fixture(scope="module")
def tensors() -> Tensors:
    return reference.seeded(SHAPES)


@pytest.fixture(scope="module")
def expected(tensors: Tensors) -> Floats:
    return reference.embeddings(tensors, IMAGES)


def converted(tensors: Tensors, folder: Path) -> Path:
    target = folder / "net.onnx"
    convert("edgeface", write_zip(folder / "edgeface.pt", state_dict(tensors, "model.")), target)
    return target


@pytest.mark.parametrize("shapes", [SHAPES, LOW_RANK, VERY_LOW_RANK], ids=["full rank", "0.6", "0.2"])
def test_both_runtimes_give_the_embeddings_of_the_papers(shapes: dict[str, tuple[int, ...]], tmp_path: Path) -> None:
    tensors = reference.seeded(shapes, seed=5)
    expected = reference.embeddings(tensors, IMAGES)
    for outputs in run_in_both(converted(tensors, tmp_path), IMAGES):
        assert list(outputs) == ["embeddings"]
        assert difference(outputs["embeddings"], expected) < TOLERANCE


def test_other_ways_to_save_the_same_network(tensors: Tensors, expected: Floats, tmp_path: Path) -> None:
    in_parallel = write_stream(tmp_path / "parallel.pth", state_dict(tensors, "module.model."))
    bare = write_zip(tmp_path / "epoch.pt", {"epoch": 3, "state_dict": state_dict(tensors)})
    for source in (in_parallel, bare):
        convert("edgeface", source, tmp_path / "net.onnx")
        assert difference(run_in_both(tmp_path / "net.onnx", IMAGES)[0]["embeddings"], expected) < TOLERANCE


def test_no_tensor_could_be_wrong_unseen() -> None:
    image, shapes = IMAGES[:1], reference.shapes((1, 1, 2, 1), (4, 8, 8, 12), embedding=4)
    tensors, others = (reference.seeded(shapes, seed) for seed in (0, 1))
    expected = reference.embeddings(tensors, image)
    for name in shapes:
        changed = reference.embeddings(tensors | {name: others[name]}, image)
        assert difference(changed, expected) > 3 * TOLERANCE, name


BLOCK = "stages.1.blocks.1"  # with attention


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        (without("stem.0.weight"), "stem.0.weight is missing"),
        (without("head.fc.bias"), "head.fc.bias is missing"),
        (without(f"{BLOCK}.xca.temperature"), "temperature is missing"),
        (without("stages.0.blocks.0.mlp.fc1.weight"), "fc1.weight is missing"),
        (reshaped("stem.0.weight", (8, 3, 7, 7)), r"has the shape \(8, 3, 7, 7\), expected \(any, 3, 4, 4\)"),
        (reshaped("stem.1.bias", ()), r"stem.1.bias has the shape \(\), expected \(8,\)"),
        (reshaped("stages.0.blocks.0.conv_dw.weight", (8,)), r"expected \(8, 1, any, any\)"),
        (reshaped("stages.0.blocks.0.conv_dw.weight", (8, 1, 2, 2)), "do not fit together"),
        (reshaped("stages.1.downsample.1.weight", (12, 9, 2, 2)), r"expected \(any, 8, 2, 2\)"),
        (reshaped("stages.0.blocks.0.gamma", (1,)), r"gamma has the shape \(1,\), expected \(8,\)"),
        (reshaped(f"{BLOCK}.xca.temperature", (5, 1, 1)), "5 heads for 12 channels"),
        (reshaped(f"{BLOCK}.xca.temperature", (0, 1, 1)), "0 heads"),
        (reshaped(f"{BLOCK}.xca.qkv.weight", (35, 12)), r"qkv.bias has the shape \(36,\), expected \(35,\)"),
        (reshaped(f"{BLOCK}.convs.0.weight", (5, 1, 3, 3)), r"convs.0.bias has the shape \(6,\), expected \(5,\)"),
        (reshaped(f"{BLOCK}.pos_embd.token_projection.weight", (12, 64)), r"expected \(12, any, 1, 1\)"),
        (reshaped("stages.4.blocks.0.gamma", (8,)), "stages.4.downsample.0.weight is missing"),
        (reshaped("classifier.weight", (9, 16)), "it also holds classifier.weight"),
    ],
)
def test_a_checkpoint_of_another_network_becomes_no_file(
    tensors: Tensors, tmp_path: Path, damage: Damage, reason: str
) -> None:
    with pytest.raises(ModelCorrupt, match=reason) as raised:
        converted(damage(tensors), tmp_path)
    assert "\n" not in str(raised.value)
    assert not (tmp_path / "net.onnx").exists()


def test_numbers_that_are_none_become_no_file(tensors: Tensors, tmp_path: Path) -> None:
    broken = tensors | {"head.fc.weight": np.full_like(tensors["head.fc.weight"], np.nan)}
    with pytest.raises(ModelCorrupt, match="finite"):
        converted(broken, tmp_path)
    assert not (tmp_path / "net.onnx").exists()


@pytest.mark.parametrize("name", OFFICIAL)
def test_the_official_checkpoints_give_the_embeddings_of_the_papers(shared: Path, name: str, tmp_path: Path) -> None:
    source, target = shared / "models" / "edgeface" / name, tmp_path / "net.onnx"
    convert("edgeface", source, target)
    expected = reference.embeddings(below(read_tensors(source), "model"), IMAGES)
    for outputs in run_in_both(target, IMAGES):
        assert difference(outputs["embeddings"], expected) < TOLERANCE


def test_the_shapes_are_those_of_the_official_checkpoints(shared: Path) -> None:
    published = (reference.XS_DEPTHS, reference.XS_WIDTHS), (reference.XXS_DEPTHS, reference.XXS_WIDTHS)
    for name, (depths, widths) in zip(OFFICIAL, published, strict=True):
        found = below(read_tensors(shared / "models" / "edgeface" / name), "model")
        assert {key: values.shape for key, values in found.items()} == reference.shapes(depths, widths)


def test_the_low_rank_network_has_the_size_that_the_paper_says() -> None:
    shapes = reference.shapes(reference.XS_DEPTHS, reference.XS_WIDTHS, rank_share=0.6)
    assert sum(map(prod, shapes.values())) == pytest.approx(1.77e6, rel=0.01)  # its table 1


def test_an_official_checkpoint_that_comes_out_otherwise_is_refused(
    shared: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(edgeface, "_NORM_EPSILON", 1e-2)
    with pytest.raises(ModelCorrupt, match="does not give the stored embedding"):
        convert("edgeface", shared / "models" / "edgeface" / OFFICIAL[1], tmp_path / "net.onnx")
    assert not (tmp_path / "net.onnx").exists()
