"""From a recipe to a network: its kind, what it starts from, and what of it is frozen."""

from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor, nn

from mien.domain.errors import ModelMismatch, UsageError
from mien.inference.conversion.readers.torch_checkpoint import read_tensors
from mien.lab.datasets.manifest import Facts
from mien.lab.networks.backbone import Backbone
from mien.lab.networks.expression import ExpressionNetwork
from mien.lab.networks.mobilefacenet import MobileFaceNet
from mien.lab.networks.mobilenet_v2 import MobileNetV2
from mien.lab.networks.resemotenet import ResEmoteNet
from mien.lab.networks.residual import STAGE_CHANNELS, ResidualNetwork
from mien.lab.networks.resnet18 import ResNet18
from mien.lab.networks.small import WIDTHS, SmallCnn
from mien.lab.recipe import Kind, NetworkRecipe

KINDS: Mapping[Kind, type[Backbone]] = {
    "resnet18": ResNet18,
    "mobilenetv2": MobileNetV2,
    "resemotenet": ResEmoteNet,
    "small-cnn": SmallCnn,
    "residual": ResidualNetwork,
    "mobilefacenet": MobileFaceNet,
}

_CLASSES = "emotion_classifier."
"""Begins the names of what is different for other labels."""


def settled(recipe: NetworkRecipe, facts: Facts) -> NetworkRecipe:
    """The recipe with what its kind was published with where it leaves something open, fitted to a dataset.

    Ready-made crops that are smaller than what a network sees are enlarged in the network: serving is to cut faces as
    small, or it would show details that were never learnt. Of grey pictures a network takes one channel. Raises
    UsageError where the recipe asks for colours that are not there, or a side that the network cannot take.
    """
    kind = KINDS[recipe.kind]
    side = recipe.side_px or kind.side_px
    seen = recipe.enlarged_px or round(side * kind.enlargement)
    if recipe.channels == "rgb" and facts.is_grey:
        raise UsageError('network.channels is "rgb", and the pictures of the dataset are grey')
    channels = recipe.channels or ("grey" if facts.is_grey else kind.channels)
    side = min(side, facts.ready_made_px or side)
    _check_side(recipe, seen)
    return recipe.model_copy(update={"side_px": side, "enlarged_px": seen, "channels": channels})


def _check_side(recipe: NetworkRecipe, seen_px: int) -> None:
    if recipe.kind == "small-cnn" and not seen_px >> len(recipe.widths or WIDTHS):
        raise UsageError(f"{len(recipe.widths or WIDTHS)} convolutions with pooling leave nothing of {seen_px} px")
    if recipe.kind == "residual" and seen_px % (parts := 2 ** len(recipe.widths or STAGE_CHANNELS)):
        raise UsageError(f"expected a side of the residual network that {parts} divides, got {seen_px} px")


def recogniser_of(recipe: NetworkRecipe) -> str:
    """The recogniser that a network starts from, ``mobilefacenet`` where the recipe names none, or "" without one."""
    return recipe.weights or "mobilefacenet" if recipe.start == "recogniser" else ""


def build_network(recipe: NetworkRecipe, classes: int) -> ExpressionNetwork:
    """A network of a settled recipe with weights drawn at random, its convolutions laid out as CPUs run them fastest.

    Raises UsageError for stages it does not have.
    """
    channels = 1 if recipe.channels == "grey" else 3
    seen = recipe.enlarged_px or round(recipe.side_px * KINDS[recipe.kind].enlargement)
    enlarged = seen if seen != recipe.side_px else 0
    backbone = _backbone(recipe, channels, seen)
    if recipe.frozen_stages > (stages := len(backbone.stages)):
        raise UsageError(f"network.frozen_stages is {recipe.frozen_stages}, and {recipe.kind} has {stages}")
    network = ExpressionNetwork(backbone, channels, enlarged, classes, recipe.dropout, recipe.valence_arousal)
    network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # missing in torch's types
    return network


def _backbone(recipe: NetworkRecipe, channels: int, seen_px: int) -> Backbone:
    match recipe.kind:
        case "resemotenet":
            return ResEmoteNet(channels, recipe.dropout)
        case "small-cnn":
            return SmallCnn(channels, seen_px, recipe.dropout, recipe.kernel_px, recipe.widths)
        case "residual":
            return ResidualNetwork(channels, recipe.widths)
        case "mobilefacenet":
            return MobileFaceNet(channels, seen_px)
        case "resnet18":
            return ResNet18(channels)
        case "mobilenetv2":
            return MobileNetV2(channels)


def start_from(network: ExpressionNetwork, path: Path, *, has_same_labels: bool) -> int:
    """Take the weights of a file over: a whole network of the lab, or a published backbone; returns how many tensors.

    The head of the classes is left as it was drawn unless the file's ``has_same_labels``: as many others have the same
    shape. Nothing that a file holds is executed. Raises ModelCorrupt where it cannot be read, ModelMismatch where it is
    of another network.
    """
    tensors = {
        name: torch.from_numpy(value.copy())
        for name, value in read_tensors(path).items()
        if has_same_labels or not name.startswith(_CLASSES)
    }
    own = network.state_dict()
    prefix, heads = "backbone.", (_CLASSES, "va_regressor.")
    of_heads = {name: value for name, value in tensors.items() if name.startswith(heads)}
    published = {name.removeprefix(prefix): value for name, value in tensors.items() if name not in of_heads}
    tensors = of_heads | {f"{prefix}{name}": value for name, value in network.backbone.initial(published).items()}
    fitting = {name: value for name, value in tensors.items() if name in own and own[name].shape == value.shape}
    strange = sorted(name for name in tensors if name not in fitting and not name.startswith(heads))
    counts = tuple(name for name in own if name.endswith("num_batches_tracked"))
    missing = sorted(set(own) - set(fitting) - set(counts) - {name for name in own if name.startswith(heads)})
    if strange or missing:
        told = f"it holds {strange[0]}" if strange else f"it lacks {missing[0]}"
        raise ModelMismatch(f"{path.name} is of another network than {type(network.backbone).__name__}: {told}")
    network.load_state_dict({**own, **fitting})
    return len(fitting)


def has_classes(path: Path) -> bool:
    """Whether a file of weights is of a network of the lab, with its head of the classes; raises ModelCorrupt."""
    return any(name.startswith(_CLASSES) for name in read_tensors(path))


def freeze(network: ExpressionNetwork, stages: int, is_thawed: bool) -> None:
    """Leave the first ``stages`` of the backbone out of training, or all of it until it is thawed."""
    parts = network.backbone.stages
    for place, part in enumerate(parts):
        is_trained = is_thawed and place >= stages
        for weight in part.parameters():
            weight.requires_grad_(is_trained)


def keep_frozen_still(network: ExpressionNetwork) -> None:
    """Keep the statistics of frozen parts as they are while the rest trains."""
    for part in network.backbone.modules():
        own = list(part.parameters(recurse=False))
        if isinstance(part, nn.BatchNorm2d | nn.BatchNorm1d) and own and not own[0].requires_grad:
            part.eval()


def state_of(network: nn.Module) -> dict[str, Tensor]:
    """The tensors of a network, on their own."""
    return {name: value.detach().clone() for name, value in network.state_dict().items()}
