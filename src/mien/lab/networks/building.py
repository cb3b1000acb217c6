"""From a recipe to a network: its kind, what it starts from, and what of it is frozen."""

from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor, nn

from mien.domain.errors import ModelMismatch
from mien.inference.conversion.readers.torch_checkpoint import read_tensors
from mien.lab.networks.backbone import Backbone
from mien.lab.networks.expression import ExpressionNetwork
from mien.lab.networks.mobilefacenet import ENLARGEMENT, MobileFaceNet
from mien.lab.networks.mobilenet_v2 import MobileNetV2
from mien.lab.networks.resemotenet import ResEmoteNet
from mien.lab.networks.residual import ResidualNetwork
from mien.lab.networks.resnet18 import ResNet18
from mien.lab.networks.small import SmallCnn
from mien.lab.recipe import Kind, NetworkRecipe

KINDS: Mapping[Kind, type[Backbone]] = {
    "resnet18": ResNet18,
    "mobilenetv2": MobileNetV2,
    "resemotenet": ResEmoteNet,
    "small-cnn": SmallCnn,
    "residual": ResidualNetwork,
    "mobilefacenet": MobileFaceNet,
}


def settled(recipe: NetworkRecipe) -> NetworkRecipe:
    """The recipe with the side and the channels that its kind was published with, where it leaves them open."""
    kind = KINDS[recipe.kind]
    side, channels = recipe.side_px or kind.side_px, recipe.channels or kind.channels
    return recipe.model_copy(update={"side_px": side, "channels": channels})


def build_network(recipe: NetworkRecipe, classes: int) -> ExpressionNetwork:
    """A network of a settled recipe with weights drawn at random."""
    channels = 1 if recipe.channels == "grey" else 3
    backbone = _backbone(recipe, channels)
    return ExpressionNetwork(backbone, channels, classes, recipe.dropout, recipe.valence_arousal)


def _backbone(recipe: NetworkRecipe, channels: int) -> Backbone:
    match recipe.kind:
        case "resemotenet":
            return ResEmoteNet(channels, recipe.dropout)
        case "small-cnn":
            return SmallCnn(channels, recipe.side_px, recipe.dropout, recipe.kernel_px, recipe.widths)
        case "residual":
            return ResidualNetwork(channels, recipe.widths)
        case "mobilefacenet":
            return MobileFaceNet(channels, recipe.enlarged_px or round(ENLARGEMENT * recipe.side_px))
        case "resnet18":
            return ResNet18(channels)
        case "mobilenetv2":
            return MobileNetV2(channels)


def start_from(network: ExpressionNetwork, path: Path) -> int:
    """Take the weights of a file over: a whole network of the lab, or a published backbone; returns how many tensors.

    Heads for other labels are left as they were drawn. Nothing that a file holds is executed. Raises ModelCorrupt where
    it cannot be read, ModelMismatch where it is of another network.
    """
    tensors = {name: torch.from_numpy(value.copy()) for name, value in read_tensors(path).items()}
    own = network.state_dict()
    if not any(name.startswith("backbone.") for name in tensors):
        tensors = {f"backbone.{name}": value for name, value in network.backbone.initial(tensors).items()}
    heads = ("emotion_classifier.", "va_regressor.")
    fitting = {name: value for name, value in tensors.items() if name in own and own[name].shape == value.shape}
    strange = sorted(name for name in tensors if name not in fitting and not name.startswith(heads))
    counts = tuple(name for name in own if name.endswith("num_batches_tracked"))
    missing = sorted(set(own) - set(fitting) - set(counts) - {name for name in own if name.startswith(heads)})
    if strange or missing:
        told = f"it holds {strange[0]}" if strange else f"it lacks {missing[0]}"
        raise ModelMismatch(f"{path.name} is of another network than {type(network.backbone).__name__}: {told}")
    network.load_state_dict({**own, **fitting})
    return len(fitting)


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
