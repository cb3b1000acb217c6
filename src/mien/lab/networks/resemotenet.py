"""ResEmoteNet, with the names of its official checkpoints (Roy et al., IEEE Signal Processing Letters, 2024)."""

from collections.abc import Mapping

from torch import Tensor, nn
from torch.nn import functional as F

from mien.lab.networks.backbone import Backbone, for_channels


class ChannelAttention(nn.Module):
    """Squeeze and excitation (Hu et al., CVPR 2018) with a reduction of 16."""

    def __init__(self, channels: int, reduction: int = 16) -> None:
        super().__init__()
        self.fc = nn.Sequential(
            nn.Linear(channels, channels // reduction, bias=False),
            nn.ReLU(),
            nn.Linear(channels // reduction, channels, bias=False),
            nn.Sigmoid(),
        )

    def forward(self, maps: Tensor) -> Tensor:
        return maps * self.fc(maps.mean(dim=(2, 3)))[:, :, None, None]


class ShrinkingBlock(nn.Module):
    """Two 3×3 convolutions, the first of which halves the side, and a 1×1 past them."""

    def __init__(self, before: int, after: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(before, after, 3, 2, 1)
        self.bn1 = nn.BatchNorm2d(after)
        self.conv2 = nn.Conv2d(after, after, 3, 1, 1)
        self.bn2 = nn.BatchNorm2d(after)
        self.shortcut = nn.Sequential(nn.Conv2d(before, after, 1, 2), nn.BatchNorm2d(after))

    def forward(self, maps: Tensor) -> Tensor:
        inner = F.relu(self.bn1(self.conv1(maps)))
        return F.relu(self.bn2(self.conv2(inner)) + self.shortcut(maps))


class ResEmoteNet(Backbone):
    """Three convolutions with pooling, squeeze and excitation, three residual blocks, three dense layers."""

    side_px, channels, normalisation, width = 64, "grey", "imagenet", 256

    def __init__(self, channels: int, dropout: float) -> None:
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(channels, 64, 3, 1, 1), nn.BatchNorm2d(64)
        self.conv2, self.bn2 = nn.Conv2d(64, 128, 3, 1, 1), nn.BatchNorm2d(128)
        self.conv3, self.bn3 = nn.Conv2d(128, 256, 3, 1, 1), nn.BatchNorm2d(256)
        self.pool = nn.MaxPool2d(2)
        self.se = ChannelAttention(256)
        self.res_block1, self.res_block2 = ShrinkingBlock(256, 512), ShrinkingBlock(512, 1024)
        self.res_block3 = ShrinkingBlock(1024, 2048)
        self.fc1, self.fc2, self.fc3 = nn.Linear(2048, 1024), nn.Linear(1024, 512), nn.Linear(512, 256)
        self.dropout1 = nn.Dropout(dropout * 0.4)  # the paper's 0.2 among the maps goes with its 0.5 among the dense
        self.dropout2 = nn.Dropout(dropout)

    @property
    def stages(self) -> list[nn.Module]:
        convolutions = nn.ModuleList([self.conv1, self.bn1, self.conv2, self.bn2, self.conv3, self.bn3, self.se])
        dense = nn.ModuleList([self.fc1, self.fc2, self.fc3])
        return [convolutions, self.res_block1, self.res_block2, self.res_block3, dense]

    def forward(self, images: Tensor) -> Tensor:
        maps = self.dropout1(self.pool(F.relu(self.bn1(self.conv1(images)))))
        maps = self.dropout1(self.pool(F.relu(self.bn2(self.conv2(maps)))))
        maps = self.se(self.pool(F.relu(self.bn3(self.conv3(maps)))))
        summary = self.res_block3(self.res_block2(self.res_block1(maps))).mean(dim=(2, 3))
        dense = self.dropout2(F.relu(self.fc1(summary)))
        dense = self.dropout2(F.relu(self.fc2(dense)))
        return F.relu(self.fc3(dense))

    def initial(self, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
        kept = {name: value for name, value in tensors.items() if not name.startswith("fc4.")}
        if "conv1.weight" in kept:
            kept["conv1.weight"] = for_channels(kept["conv1.weight"], self.conv1.in_channels)
        return kept
