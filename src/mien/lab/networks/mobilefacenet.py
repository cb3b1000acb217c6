"""The backbone of the recogniser, MobileFaceNet of FaceX-Zoo, as what expressions are learnt on.

Chen et al., "MobileFaceNets", 2018. Its first layers know faces already; how identities are told apart, its embedding,
is left out, and the maps before it are summed up anew. It sees pictures enlarged, for the faces of FER-2013, 48 px, are
then as large as those that it was trained on.
"""

import math
from collections.abc import Mapping

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from mien.lab.networks.backbone import Backbone, for_channels

MAPS = 512
DEPTHS = (4, 6, 2)
"""Blocks of each stage, besides the one that halves the side."""

_CONTRAST = 0.5
"""Of a standardised picture: about what (pixel - 127.5) / 128 leaves of a face."""


class Slope(nn.Module):
    """PReLU, in training written so that its gradient needs no third of the time of a step."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.full((channels,), 0.25))

    def forward(self, maps: Tensor) -> Tensor:
        if not self.training:
            return F.prelu(maps, self.weight.to(maps.dtype))
        return F.relu(maps) - self.weight.to(maps.dtype)[:, None, None] * F.relu(-maps)


class Convolution(nn.Module):
    """A convolution and its normalisation, with a slope behind them or not."""

    def __init__(
        self, before: int, after: int, kernel: int = 1, stride: int = 1, groups: int = 1, is_activated: bool = True
    ) -> None:
        super().__init__()
        self.conv = nn.Conv2d(before, after, kernel, stride, kernel // 2, groups=groups, bias=False)
        self.bn = nn.BatchNorm2d(after)
        self.prelu: nn.Module = Slope(after) if is_activated else nn.Identity()

    def forward(self, maps: Tensor) -> Tensor:
        return self.prelu(self.bn(self._convolved(maps)))

    def _convolved(self, maps: Tensor) -> Tensor:
        layer = self.conv
        if not (self.training and layer.groups > 1 and layer.stride[0] > 1):
            return layer(maps)
        # the same numbers: the gradient of a strided depthwise convolution in bf16 takes ten times as long
        whole = F.conv2d(maps, layer.weight, padding=layer.padding, groups=layer.groups)
        return whole[:, :, :: layer.stride[0], :: layer.stride[1]]


class Bottleneck(nn.Module):
    """Widen, convolve every channel on its own, narrow; a shortcut where the side is kept."""

    def __init__(self, before: int, wide: int, after: int, stride: int = 1) -> None:
        super().__init__()
        self.conv = Convolution(before, wide)
        self.conv_dw = Convolution(wide, wide, 3, stride, groups=wide)
        self.project = Convolution(wide, after, is_activated=False)
        self.is_kept = stride == 1

    def forward(self, maps: Tensor) -> Tensor:
        inner = self.project(self.conv_dw(self.conv(maps)))
        return maps + inner if self.is_kept else inner


class Stage(nn.Module):
    """Blocks that keep the side, under the name that the checkpoint has for them."""

    def __init__(self, depth: int, channels: int, wide: int) -> None:
        super().__init__()
        self.model = nn.Sequential(*(Bottleneck(channels, wide, channels) for _ in range(depth)))

    def forward(self, maps: Tensor) -> Tensor:
        return self.model(maps)


class Places(nn.Module):
    """One number of every map, by a weight for each of its places (h, w)."""

    def __init__(self, channels: int, side: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(channels, channels, side, groups=channels, bias=False)
        self.bn = nn.BatchNorm2d(channels)

    def forward(self, maps: Tensor) -> Tensor:
        return self.bn(self.conv(maps))


class MobileFaceNet(Backbone):
    """The maps of the recogniser, summed up by their means and by a weight for every place of every map."""

    side_px, channels, normalisation, width = 48, "grey", "standardised", 2 * MAPS
    enlargement = 5 / 3

    def __init__(self, channels: int, seen_px: int) -> None:
        """``seen_px`` is the side of the pictures, enlarged."""
        super().__init__()
        self.conv1 = Convolution(channels, 64, 3, 2)
        self.conv2_dw = Convolution(64, 64, 3, groups=64)
        self.conv_23, self.conv_3 = Bottleneck(64, 128, 64, 2), Stage(DEPTHS[0], 64, 128)
        self.conv_34, self.conv_4 = Bottleneck(64, 256, 128, 2), Stage(DEPTHS[1], 128, 256)
        self.conv_45, self.conv_5 = Bottleneck(128, 512, 128, 2), Stage(DEPTHS[2], 128, 256)
        self.conv_6_sep = Convolution(128, MAPS)
        self.last_px = math.ceil(seen_px / 16)
        self.conv_6_dw = Places(MAPS, self.last_px)

    @property
    def stages(self) -> list[nn.Module]:
        first = nn.ModuleList([self.conv1, self.conv2_dw])
        pairs = [(self.conv_23, self.conv_3), (self.conv_34, self.conv_4), (self.conv_45, self.conv_5)]
        return [first, *map(nn.ModuleList, pairs), self.conv_6_sep, self.conv_6_dw]

    def forward(self, images: Tensor) -> Tensor:
        maps = self.conv2_dw(self.conv1(images * _CONTRAST))
        for entry, stage in ((self.conv_23, self.conv_3), (self.conv_34, self.conv_4), (self.conv_45, self.conv_5)):
            maps = stage(entry(maps))
        maps = self.conv_6_sep(maps)
        return torch.cat([self.conv_6_dw(maps).flatten(1), maps.mean(dim=(2, 3))], dim=1)

    def initial(self, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
        kept = {name: value for name, value in tensors.items() if not name.startswith(("linear.", "bn."))}
        first, places = "conv1.conv.weight", "conv_6_dw.conv.weight"
        if first in kept:
            kept[first] = for_channels(kept[first], self.conv1.conv.in_channels)
            if len(kept) < len(tensors):  # the recogniser itself, which takes BGR where the lab shows RGB
                kept[first] = kept[first].flip(1)
        if places in kept:
            kept[places] = _for_side(kept[places], self.last_px)
        return kept


def _for_side(weight: Tensor, side: int) -> Tensor:
    """Weights (c, 1, h, w) of the places of maps, for maps of another side, so that their sums stay alike."""
    resized = F.interpolate(weight, size=(side, side), mode="bilinear", align_corners=True)
    return resized * (weight.shape[-1] / side) ** 2
