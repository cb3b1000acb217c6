"""MobileNetV2 with torchvision's names (Sandler et al., CVPR 2018)."""

from collections.abc import Mapping

from torch import Tensor, nn

from mien.lab.networks.backbone import Backbone, for_channels

_STAGES = ((1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1))
"""Widening, channels, blocks and stride of each; table 2 of the paper."""


def _activated(before: int, after: int, kernel: int, stride: int = 1, groups: int = 1) -> nn.Sequential:
    convolution = nn.Conv2d(before, after, kernel, stride, kernel // 2, groups=groups, bias=False)
    return nn.Sequential(convolution, nn.BatchNorm2d(after), nn.ReLU6())


class InvertedResidual(nn.Module):
    """Widen, convolve every channel on its own, narrow; a shortcut where shapes are kept."""

    def __init__(self, before: int, after: int, widening: int, stride: int) -> None:
        super().__init__()
        wide = before * widening
        layers: list[nn.Module] = [_activated(before, wide, 1)] if widening != 1 else []
        layers += [
            _activated(wide, wide, 3, stride, wide),
            nn.Conv2d(wide, after, 1, bias=False),
            nn.BatchNorm2d(after),
        ]
        self.conv = nn.Sequential(*layers)
        self.is_kept = stride == 1 and before == after

    def forward(self, maps: Tensor) -> Tensor:
        return maps + self.conv(maps) if self.is_kept else self.conv(maps)


class MobileNetV2(Backbone):
    """Nineteen features, of which the first halves the side and the last widens to 1280."""

    side_px, channels, normalisation, width = 224, "rgb", "imagenet", 1280

    def __init__(self, channels: int) -> None:
        super().__init__()
        layers: list[nn.Module] = [_activated(channels, 32, 3, 2)]
        before = 32
        for widening, after, blocks, stride in _STAGES:
            for block in range(blocks):
                layers.append(InvertedResidual(before, after, widening, stride if block == 0 else 1))
                before = after
        self.channels_in = channels
        self.features = nn.Sequential(*layers, _activated(before, self.width, 1))

    @property
    def stages(self) -> list[nn.Module]:
        return list(self.features)

    def forward(self, images: Tensor) -> Tensor:
        return self.features(images).mean(dim=(2, 3))

    def initial(self, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
        kept = {name: value for name, value in tensors.items() if name.startswith("features.")}
        first = "features.0.0.weight"
        if first in kept:
            kept[first] = for_channels(kept[first], self.channels_in)
        return kept
