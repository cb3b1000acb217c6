"""Networks of two heads become ONNX, whatever of the known names their parts have, or no file."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
from tests.reference import mobilenet_v2, resnet
from tests.reference.layers import dense, relu
from tests.support.both_runtimes import TOLERANCE, difference, run_in_both
from tests.support.checkpoints import Tensors, seeded_tensors, state_dict, write_stream, write_zip

from mien.domain.errors import ModelCorrupt
from mien.inference.conversion.networks.multitask import convert

RESNET, MOBILENET = "resnet", "mobilenet"
CLASSES = 8
NUMBERS = {"conv1": "0", "bn1": "1", "layer1": "4", "layer2": "5", "layer3": "6", "layer4": "7"}


@pytest.fixture(scope="module")
def images() -> np.ndarray:
    return np.random.default_rng(1).uniform(-2, 2, (2, 3, 224, 224)).astype(np.float32)


@pytest.fixture(scope="module")
def backbones() -> dict[str, Tensors]:
    return {RESNET: resnet.seeded(4), MOBILENET: mobilenet_v2.seeded(1 / 8)}


@pytest.fixture(scope="module")
def features(backbones: dict[str, Tensors], images: np.ndarray) -> dict[str, np.ndarray]:
    """What the backbones say of the pictures, computed once."""
    return {
        RESNET: resnet.pooled_features(backbones[RESNET], images.astype(np.float64)),
        MOBILENET: mobilenet_v2.pooled_features(backbones[MOBILENET], images.astype(np.float64)),
    }


def named(tensors: Mapping[str, np.ndarray], prefix: str, is_numbered: bool = False) -> Tensors:
    """The backbone as a part of a network, its parts numbered as by ``nn.Sequential(*children)``."""
    if not is_numbered:
        return {f"{prefix}{name}": values for name, values in tensors.items()}
    parts = {name: name.partition(".") for name in tensors}
    return {f"{prefix}{NUMBERS[parts[name][0]]}.{parts[name][2]}": values for name, values in tensors.items()}


def head(name: str, units: Mapping[str, int], inputs: int) -> Tensors:
    """Linear layers; the keys of ``units`` are what stands between the name of the head and ``weight``."""
    shapes: dict[str, tuple[int, ...]] = {}
    for part, after in units.items():
        shapes |= {f"{name}{part}.weight": (after, inputs), f"{name}{part}.bias": (after,)}
        inputs = after
    return seeded_tensors(shapes)


def outcome(tensors: Mapping[str, np.ndarray], features: np.ndarray) -> np.ndarray:
    """What a head of linear layers with ReLU in between gives."""
    layers = [name.removesuffix(".weight") for name in tensors if name.endswith(".weight")]
    for layer in layers[:-1]:
        features = relu(dense(features, tensors[f"{layer}.weight"], tensors[f"{layer}.bias"]))
    return dense(features, tensors[f"{layers[-1]}.weight"], tensors[f"{layers[-1]}.bias"])


@pytest.mark.parametrize(
    ("kind", "prefix", "is_numbered"),
    [(RESNET, "shared_backbone.", True), (MOBILENET, "shared_backbone.", False)],
)
def test_the_published_layout_ends_in_a_tanh(
    backbones: dict[str, Tensors],
    features: dict[str, np.ndarray],
    images: np.ndarray,
    kind: str,
    prefix: str,
    is_numbered: bool,
    tmp_path: Path,
) -> None:
    width = features[kind].shape[1]
    classes = head("emotion_classifier", {".1": 16, ".4": CLASSES}, width)
    valence_arousal = head("va_regressor", {".1": 12, ".4": 2}, width)
    tensors = named(backbones[kind], prefix, is_numbered) | classes | valence_arousal
    optimiser = {"state": {0: {"step": 7, "exp_avg": np.zeros(3, np.float32)}}, "param_groups": []}
    content = {"epoch": 3, "model_state_dict": state_dict(tensors), "optimizer_state_dict": optimiser}
    convert(write_zip(tmp_path / "best_model.pth", content), tmp_path / "net.onnx")
    regressed = outcome(valence_arousal, features[kind])
    assert np.abs(regressed).max() > 0.5
    for found in run_in_both(tmp_path / "net.onnx", images):
        assert list(found) == ["logits", "valence_arousal"]
        assert difference(found["logits"], outcome(classes, features[kind])) < TOLERANCE
        assert difference(found["valence_arousal"], np.tanh(regressed)) < TOLERANCE


@pytest.mark.parametrize(
    ("kind", "prefix", "class_head", "regression_head"),
    [
        (RESNET, "", "fc_expr", "fc_va"),
        (RESNET, "model.backbone.", "model.emotion_head", "model.va_head"),
        (MOBILENET, "backbone.features.", "expression_head", "valence_arousal"),
    ],
)
def test_other_heads_are_cut_to_their_range(
    backbones: dict[str, Tensors],
    features: dict[str, np.ndarray],
    images: np.ndarray,
    kind: str,
    prefix: str,
    class_head: str,
    regression_head: str,
    tmp_path: Path,
) -> None:
    classes = head(class_head, {"": CLASSES}, features[kind].shape[1])
    valence_arousal = head(regression_head, {"": 2}, features[kind].shape[1])
    regressed = outcome(valence_arousal, features[kind])
    factors = np.array([1.5, 0.5]) / np.abs(regressed).max(axis=0)
    valence_arousal = {name: (values.T * factors).T.astype(np.float32) for name, values in valence_arousal.items()}
    tensors = named(backbones[kind], prefix) | classes | valence_arousal
    convert(write_stream(tmp_path / "net.pth", state_dict(tensors)), tmp_path / "net.onnx")
    expected = np.clip(regressed * factors, -1, 1)
    assert (np.abs(expected) == 1).any() and (np.abs(expected) < 1).any()
    for found in run_in_both(tmp_path / "net.onnx", images):
        assert difference(found["logits"], outcome(classes, features[kind])) < TOLERANCE
        assert difference(found["valence_arousal"], expected) < TOLERANCE


def test_one_head_for_each_of_valence_and_arousal(
    backbones: dict[str, Tensors], features: dict[str, np.ndarray], images: np.ndarray, tmp_path: Path
) -> None:
    width = features[RESNET].shape[1]
    classes = head("emotion_fc", {"": CLASSES}, width)
    valence, arousal = (head(name, {".0": 5, ".3": 1}, width) for name in ("valence", "arousal"))
    for part, value in ((valence, 0.3), (arousal, -0.6)):
        name = next(name for name in part if name.endswith("3.bias"))
        part[name] += np.float32(value) - outcome(part, features[RESNET])[0].astype(np.float32)
    tensors = named(backbones[RESNET], "backbone.") | classes | arousal | valence
    convert(write_zip(tmp_path / "net.pth", state_dict(tensors)), tmp_path / "net.onnx")
    expected = np.hstack([outcome(part, features[RESNET]) for part in (valence, arousal)]).clip(-1, 1)
    np.testing.assert_allclose(expected[0], [0.3, -0.6], atol=1e-3)
    for found in run_in_both(tmp_path / "net.onnx", images):
        assert difference(found["valence_arousal"], expected) < TOLERANCE


@pytest.mark.parametrize(
    ("kind", "prefix", "class_head", "part"),
    [(RESNET, "", "fc", ""), (MOBILENET, "features.", "classifier", ".1"), (RESNET, "net.", "net.fc", ".1")],
)
def test_a_single_head_is_enough(
    backbones: dict[str, Tensors],
    features: dict[str, np.ndarray],
    images: np.ndarray,
    kind: str,
    prefix: str,
    class_head: str,
    part: str,
    tmp_path: Path,
) -> None:
    classes = head(class_head, {part: 7}, features[kind].shape[1])
    convert(
        write_zip(tmp_path / "net.pth", state_dict(named(backbones[kind], prefix) | classes)), tmp_path / "net.onnx"
    )
    for found in run_in_both(tmp_path / "net.onnx", images):
        assert list(found) == ["logits"]
        assert difference(found["logits"], outcome(classes, features[kind])) < TOLERANCE


@pytest.mark.parametrize(
    ("removed", "added", "reason"),
    [
        ("layer4.1.conv2", {}, "neither a ResNet-18 nor a MobileNetV2"),
        ("layer2.0.bn2.running_mean", {}, r"layer2[.]0[.]bn2[.]running_mean is missing"),
        ("layer3.0.downsample", {}, "do not fit together"),
        ("conv1", {"conv1.weight": (4, 3, 3, 3)}, r"conv1[.]weight has the shape .*, expected \(any, any, 7, 7\)"),
        ("fc", {}, "no head for classes, expected one of emotion_classifier"),
        ("fc", {"fc.net.0.weight": (8, 32)}, "the head fc is neither a linear layer nor a Sequential"),
        ("fc", {"fc.1.weight": (8,), "fc.1.bias": (8,)}, r"fc[.]1[.]weight has the shape \(8,\)"),
        ("fc", {"fc.weight": (8, 31), "fc.bias": (8,)}, "do not fit together"),
        ("none", {"layer1.2.conv1.weight": (4, 4, 3, 3)}, "it also holds layer1"),
        ("none", {"au_head.weight": (12, 32)}, "it also holds au_head"),
        ("none", {"va_head.weight": (3, 32), "va_head.bias": (3,)}, "va_head gives 3 numbers, expected 2"),
        ("none", {"valence.weight": (1, 32), "valence.bias": (1,)}, "it also holds valence"),
    ],
)
def test_another_network_is_corrupt(
    backbones: dict[str, Tensors], removed: str, added: dict[str, tuple[int, ...]], reason: str, tmp_path: Path
) -> None:
    tensors = backbones[RESNET] | head("fc", {"": CLASSES}, 32)
    kept = {name: values for name, values in tensors.items() if not f"{name}.".startswith(f"{removed}.")}
    source, target = tmp_path / "net.pth", tmp_path / "net.onnx"
    write_zip(source, state_dict(kept | seeded_tensors(added)))
    with pytest.raises(ModelCorrupt, match=reason):
        convert(source, target)
    assert not target.exists()
