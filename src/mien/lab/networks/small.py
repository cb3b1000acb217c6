"""The small CNN of many FER-2013 courses: four convolutions with pooling and two dense layers."""

from torch import Tensor, nn
from torch.nn import functional as F

from mien.lab.networks.backbone import Backbone

WIDTHS = (64, 128, 256, 256)
DENSE = (256, 256)


class SmallCnn(Backbone):
    """Convolution, normalisation, ReLU, pooling and dropout four times over, then two dense layers of 256."""

    side_px, channels, normalisation = 48, "grey", "unit"

    def __init__(self, channels: int, side_px: int, dropout: float, kernel_px: int, widths: tuple[int, ...]) -> None:
        super().__init__()
        before, blocks, side = channels, [], side_px
        for after in widths or WIDTHS:
            blocks.append(
                nn.Sequential(
                    nn.Conv2d(before, after, kernel_px, 1, kernel_px // 2, bias=False),
                    nn.BatchNorm2d(after),
                    nn.ReLU(),
                    nn.MaxPool2d(2),
                    nn.Dropout(dropout / 2),
                )
            )
            before, side = after, side // 2
        self.convolutions = nn.Sequential(*blocks)
        first, self.width = DENSE
        self.dense1, self.norm1 = nn.Linear(before * side * side, first, bias=False), nn.BatchNorm1d(first)
        self.dense2, self.norm2 = nn.Linear(first, self.width, bias=False), nn.BatchNorm1d(self.width)
        self.dropout = nn.Dropout(dropout)

    @property
    def stages(self) -> list[nn.Module]:
        dense = nn.ModuleList([self.dense1, self.norm1, self.dense2, self.norm2])
        return [*self.convolutions, dense]

    def forward(self, images: Tensor) -> Tensor:
        flat = self.convolutions(images).flatten(1)
        dense = self.dropout(F.relu(self.norm1(self.dense1(flat))))
        return F.relu(self.norm2(self.dense2(dense)))
