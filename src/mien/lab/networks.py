"""The networks that mien trains itself."""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

STEM_CHANNELS = 32
STAGE_CHANNELS = (64, 128, 176)


class Standardisation(nn.Module):
    """Grey values 0..255 (n, 1, h, w) to zero mean and unit variance per picture: lighting is not expression."""

    def forward(self, images: Tensor) -> Tensor:
        pixels = images / 255.0
        centred = pixels - pixels.mean(dim=(2, 3), keepdim=True)
        variance = (centred * centred).mean(dim=(2, 3), keepdim=True)
        return centred / torch.sqrt(variance + 1e-4)  # noise of 2.5 grey levels is not blown up to a face


class SqueezeExcitation(nn.Module):
    """Scales each channel by what the whole picture says of it (Hu et al., CVPR 2018)."""

    def __init__(self, channels: int, reduction: int = 8) -> None:
        super().__init__()
        self.squeeze = nn.Linear(channels, channels // reduction)
        self.excite = nn.Linear(channels // reduction, channels)

    def forward(self, maps: Tensor) -> Tensor:
        summary = F.relu(self.squeeze(maps.mean(dim=(2, 3))))
        return maps * torch.sigmoid(self.excite(summary))[:, :, None, None]


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


class ResidualNetwork48(nn.Module):
    """Logits (n, classes) from grey pictures (n, 1, 48, 48), 0..255: a stem and stages of two blocks each.

    One 3×3 convolution at full resolution, then 64, 128 and 176 channels at 24, 12 and 6 px: full resolution is what
    training spends its time on, so no block works there.
    """

    def __init__(self, classes: int, dropout: float = 0.3, stages: tuple[int, ...] = STAGE_CHANNELS) -> None:
        super().__init__()
        self.standardisation = Standardisation()
        self.stem = nn.Sequential(
            nn.Conv2d(1, STEM_CHANNELS, 3, 1, 1, bias=False), nn.BatchNorm2d(STEM_CHANNELS), nn.ReLU()
        )
        blocks: list[nn.Module] = []
        before = STEM_CHANNELS
        for after in stages:
            blocks += [ResidualBlock(before, after, 2), ResidualBlock(after, after, 1)]
            before = after
        self.blocks = nn.Sequential(*blocks)
        self.dropout = nn.Dropout(dropout)
        self.classifier = nn.Linear(before, classes)

    def forward(self, images: Tensor) -> Tensor:
        maps = self.blocks(self.stem(self.standardisation(images)))
        return self.classifier(self.dropout(maps.mean(dim=(2, 3))))


class Probabilities(nn.Module):
    """A network with its temperature divided out of the last layer and the softmax on top: what is served.

    Takes the network's own classifier over: the logits of ``network`` are the calibrated ones afterwards.
    """

    def __init__(self, network: ResidualNetwork48, temperature: float) -> None:
        super().__init__()
        self.network = network
        with torch.no_grad():
            network.classifier.weight.div_(temperature)
            network.classifier.bias.div_(temperature)

    def forward(self, images: Tensor) -> Tensor:
        return torch.softmax(self.network(images), dim=1)
