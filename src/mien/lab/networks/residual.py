"""A residual network for 48×48 px with squeeze and excitation: what two cores train in half an hour."""

from torch import Tensor, nn
from torch.nn import functional as F

from mien.lab.networks.backbone import Backbone

STEM_CHANNELS = 32
STAGE_CHANNELS = (64, 128, 176)


class SqueezeExcitation(nn.Module):
    """Scales each channel by what the whole picture says of it (Hu et al., CVPR 2018)."""

    def __init__(self, channels: int, reduction: int = 8) -> None:
        super().__init__()
        self.squeeze = nn.Linear(channels, channels // reduction)
        self.excite = nn.Linear(channels // reduction, channels)

    def forward(self, maps: Tensor) -> Tensor:
        summary = F.relu(self.squeeze(maps.mean(dim=(2, 3))))
        return maps * F.sigmoid(self.excite(summary))[:, :, None, None]


class ResidualBlock(nn.Module):
    """Two 3×3 convolutions with a shortcut (He et al., CVPR 2016), squeezed and excited before the sum."""

    def __init__(self, before: int, after: int, stride: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(before, after, 3, stride, 1, bias=False)
        self.first_norm = nn.BatchNorm2d(after)
        self.second = nn.Conv2d(after, after, 3, 1, 1, bias=False)
        self.second_norm = nn.BatchNorm2d(after)
        self.attention = SqueezeExcitation(after)
        self.shortcut: nn.Module = nn.Identity()
        if stride != 1 or before != after:
            shrink = nn.AvgPool2d(2) if stride == 2 else nn.Identity()
            self.shortcut = nn.Sequential(shrink, nn.Conv2d(before, after, 1, bias=False), nn.BatchNorm2d(after))

    def forward(self, maps: Tensor) -> Tensor:
        inner = F.relu(self.first_norm(self.first(maps)))
        inner = self.attention(self.second_norm(self.second(inner)))
        return F.relu(inner + self.shortcut(maps))


class ResidualNetwork(Backbone):
    """A 3×3 stem at full resolution and stages of two blocks, each at half the side of the one before.

    Full resolution is what training spends its time on, so no block works there.
    """

    side_px, channels, normalisation = 48, "grey", "standardised"

    def __init__(self, channels: int, widths: tuple[int, ...] = ()) -> None:
        super().__init__()
        self.stem = nn.Sequential(
            nn.Conv2d(channels, STEM_CHANNELS, 3, 1, 1, bias=False), nn.BatchNorm2d(STEM_CHANNELS), nn.ReLU()
        )
        before, blocks = STEM_CHANNELS, []
        for after in widths or STAGE_CHANNELS:
            blocks.append(nn.Sequential(ResidualBlock(before, after, 2), ResidualBlock(after, after, 1)))
            before = after
        self.blocks = nn.Sequential(*blocks)
        self.width = before

    @property
    def stages(self) -> list[nn.Module]:
        return [self.stem, *self.blocks]

    def forward(self, images: Tensor) -> Tensor:
        return self.blocks(self.stem(images)).mean(dim=(2, 3))
