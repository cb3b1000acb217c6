"""Expression networks of two heads, on ResNet-18 or MobileNetV2, become ONNX files.

He et al., "Deep Residual Learning for Image Recognition", CVPR 2016; Sandler et al., "MobileNetV2", CVPR 2018. The
backbone lies at any prefix, under torchvision's names or under the numbers of ``nn.Sequential(*children)``. The heads
may lie anywhere, in the place of the backbone's own classifier too, and are called

- classes: ``emotion_classifier``, ``emotion_head``, ``expression_head``, ``classifier_emotion``, ``emotion_fc``,
  ``fc_emotion``, ``fc_expr``, ``fc_expression``, ``classifier`` or ``fc``;
- valence and arousal, two numbers: ``va_regressor``, ``va_head``, ``fc_va``, ``valence_arousal_head`` or
  ``valence_arousal``; or one number each: ``valence`` and ``arousal``, also with ``_head`` behind or ``fc_`` before;
  or not there.

Each is one linear layer or a Sequential of them with ReLU in between, whatever lies between their numbers: layers
without weights leave no trace in a checkpoint, so other activations cannot be told apart. For the same reason only
``va_regressor``, which was published with a tanh at its end, gets one; the others are cut to -1..1.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

from mien.domain.errors import ModelCorrupt
from mien.inference.conversion.networks.mobilenet_v2 import LAST_FEATURE, pooled_features
from mien.inference.conversion.onnx_graph import GraphWriter
from mien.inference.conversion.output_names import INPUT, LOGITS, VALENCE_AROUSAL
from mien.inference.conversion.readers.torch_checkpoint import read_tensors

SIDE_PX = 224
_CLASS_HEADS = (
    "emotion_classifier", "emotion_head", "expression_head", "classifier_emotion", "emotion_fc", "fc_emotion",
    "fc_expr", "fc_expression", "classifier", "fc",
)  # fmt: skip
_HEAD_WITH_TANH = "va_regressor"
_VALENCE_AROUSAL_HEADS = (_HEAD_WITH_TANH, "va_head", "fc_va", "valence_arousal_head", "valence_arousal")
_VALENCE_HEADS = ("valence", "valence_head", "fc_valence")
_AROUSAL_HEADS = ("arousal", "arousal_head", "fc_arousal")
_MOST_LAYERS = 16
_RESNET_NAMES = ("conv1", "bn1", "layer1", "layer2", "layer3", "layer4")
_RESNET_NUMBERS = ("0", "1", "4", "5", "6", "7")  # of Sequential(*children): ReLU and a pooling are 2 and 3
_BLOCKS = 2


@dataclass(frozen=True, slots=True)
class _Backbone:
    """Where the backbone lies: the beginning of its names, and those of a ResNet's parts, none of a MobileNetV2."""

    prefix: str
    resnet: tuple[str, ...] = ()


def convert(source: Path, target: Path) -> None:
    """Write ``target``: ``images`` (n, 3, 224, 224) RGB, normalised as ImageNet's, to ``logits`` (n, classes).

    Where there is a head for them, ``valence_arousal`` (n, 2) in [-1, 1] follows. Widths are those of the checkpoint.
    Raises ModelCorrupt, with nothing at ``target``, where the checkpoint is of another network.
    """
    tensors = read_tensors(source)
    backbone = _found_backbone(tensors)
    head = _found_head(tensors, _CLASS_HEADS)
    if head is None:
        raise ModelCorrupt(f"the checkpoint has no head for classes, expected one of {', '.join(_CLASS_HEADS)}")
    graph = GraphWriter(tensors)
    if backbone.resnet:
        features = _resnet(graph, INPUT, [f"{backbone.prefix}{part}" for part in backbone.resnet])
    else:
        features = pooled_features(graph, INPUT, backbone.prefix)
    logits, classes = _head(graph, features, head)
    graph.output(LOGITS, logits, (classes,))
    valence_arousal = _valence_arousal(graph, features, tensors)
    if valence_arousal:
        graph.output(VALENCE_AROUSAL, valence_arousal, (2,))
    graph.write(target, (3, SIDE_PX, SIDE_PX))


def _found_backbone(names: Collection[str]) -> _Backbone:
    """The backbone, known by its last convolution."""
    ends = {f"{LAST_FEATURE}.0.weight": ()} | {
        f"{parts[-1]}.{_BLOCKS - 1}.conv2.weight": parts for parts in (_RESNET_NAMES, _RESNET_NUMBERS)
    }
    for end, parts in ends.items():
        for name in sorted(names):
            if f".{name}".endswith(f".{end}"):
                return _Backbone(name.removesuffix(end), parts)
    raise ModelCorrupt("the checkpoint is of another network: it holds neither a ResNet-18 nor a MobileNetV2")


def _found_head(names: Collection[str], heads: Sequence[str]) -> str | None:
    """The whole name of the first of these heads that there is."""
    for head in heads:
        for name in sorted(names):
            before, found, _ = f".{name}".partition(f".{head}.")
            if found:
                return f"{before}.{head}".removeprefix(".")
    return None


def _resnet(graph: GraphWriter, value: str, parts: Sequence[str]) -> str:
    """The means (n, channels) of the last maps."""
    stem, norm, *stages = parts
    value = graph.relu(_convolution(graph, value, (stem, norm), kernel=7, stride=2))
    value = graph.max_pool(value, kernel=3, stride=2, padding=1)
    for stage in stages:
        for block in range(_BLOCKS):
            is_shrunk = stage != stages[0] and block == 0
            value = _residual(graph, value, f"{stage}.{block}", stride=2 if is_shrunk else 1)
    return graph.flattened(graph.global_average(value))


def _residual(graph: GraphWriter, value: str, layer: str, stride: int) -> str:
    inner = graph.relu(_convolution(graph, value, (f"{layer}.conv1", f"{layer}.bn1"), kernel=3, stride=stride))
    inner = _convolution(graph, inner, (f"{layer}.conv2", f"{layer}.bn2"), kernel=3)
    if graph.holds(f"{layer}.downsample"):
        names = f"{layer}.downsample.0", f"{layer}.downsample.1"
        value = _convolution(graph, value, names, kernel=1, stride=stride)
    return graph.relu(graph.added(inner, value))


def _convolution(graph: GraphWriter, value: str, names: tuple[str, str], kernel: int, stride: int = 1) -> str:
    """A convolution and its batch normalisation that keep the side of the maps but for the stride."""
    layer, norm = names
    graph.tensor(f"{layer}.weight", (None, None, kernel, kernel))
    return graph.convolution(value, layer, norm, stride, padding=kernel // 2)


def _valence_arousal(graph: GraphWriter, features: str, names: Collection[str]) -> str | None:
    """Valence and arousal (n, 2), where there is a head for them, or one for each."""
    head = _found_head(names, _VALENCE_AROUSAL_HEADS)
    if head is not None:
        value = _head_of(graph, features, head, 2)
        return graph.node("Tanh", value) if head.endswith(_HEAD_WITH_TANH) else graph.clipped(value, -1, 1)
    valence, arousal = _found_head(names, _VALENCE_HEADS), _found_head(names, _AROUSAL_HEADS)
    if valence is None or arousal is None:
        return None
    pair = [_head_of(graph, features, name, 1) for name in (valence, arousal)]
    return graph.clipped(graph.concatenated(*pair), -1, 1)


def _head_of(graph: GraphWriter, features: str, name: str, units: int) -> str:
    """What a head gives (n, units)."""
    value, found = _head(graph, features, name)
    if found != units:
        raise ModelCorrupt(f"the checkpoint is of another network: {name} gives {found} numbers, expected {units}")
    return value


def _head(graph: GraphWriter, features: str, name: str) -> tuple[str, int]:
    """What a head gives (n, units), and how many units that are."""
    numbered = (f"{name}.{index}" for index in range(_MOST_LAYERS))
    layers = [name] if graph.holds(f"{name}.weight") else [layer for layer in numbered if graph.holds(layer)]
    if not layers:
        raise ModelCorrupt(f"the head {name} is neither a linear layer nor a Sequential of them")
    for layer in layers[:-1]:
        features = graph.relu(graph.linear(features, layer))
    return graph.linear(features, layers[-1]), graph.width(layers[-1])
