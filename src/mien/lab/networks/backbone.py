"""What every network is to the lab: stages that turn a normalised picture into features."""

from collections.abc import Mapping
from typing import Literal

from torch import Tensor, nn

Normalisation = Literal["standardised", "imagenet", "unit"]


class Backbone(nn.Module):
    """Features (n, width) from pictures (n, c, s, s).

    ``stages`` are its parts in their order, which may be frozen from the first on. ``normalisation`` says what is done
    to grey levels before it, ``enlargement`` how much larger it sees a picture than it is, unless a recipe says it.
    ``initial`` renames the tensors of a published file to its own.
    """

    width: int
    side_px: int
    channels: Literal["grey", "rgb"]
    normalisation: Normalisation
    enlargement: float = 1.0

    @property
    def stages(self) -> list[nn.Module]:
        """Its parts, first to last."""
        raise NotImplementedError

    def initial(self, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """The tensors of a published file that this backbone starts from, by its own names."""
        return dict(tensors)


def for_channels(weight: Tensor, channels: int) -> Tensor:
    """The weight (out, 3, h, w) of a first convolution for pictures of other channels: of grey ones their sum."""
    return weight.sum(dim=1, keepdim=True) if channels == 1 and weight.shape[1] == 3 else weight
