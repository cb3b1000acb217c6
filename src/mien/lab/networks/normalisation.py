"""What is done to grey levels 0..255 before a backbone sees them."""

import torch
from torch import Tensor, nn

from mien.lab.networks.backbone import Normalisation

IMAGENET_MEAN, IMAGENET_DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
"""Of red, green and blue in 0..1, as torchvision's networks were trained."""

LEAST_VARIANCE = 1e-4
"""Of pixels in 0..1: noise of 2.5 grey levels is not blown up to a face."""


class Standardisation(nn.Module):
    """Grey levels (n, c, h, w) to zero mean and unit variance per picture: lighting is not expression."""

    def forward(self, images: Tensor) -> Tensor:
        pixels = images / 255.0
        centred = pixels - pixels.mean(dim=(1, 2, 3), keepdim=True)
        variance = (centred * centred).mean(dim=(1, 2, 3), keepdim=True)
        return centred / torch.sqrt(variance + LEAST_VARIANCE)


class Scaling(nn.Module):
    """Grey levels to (pixel / 255 - mean) / deviation, the same for every picture."""

    mean: Tensor
    deviation: Tensor

    def __init__(self, mean: tuple[float, ...], deviation: tuple[float, ...]) -> None:
        super().__init__()
        self.register_buffer("mean", torch.tensor(mean)[:, None, None], persistent=False)
        self.register_buffer("deviation", torch.tensor(deviation)[:, None, None], persistent=False)

    def forward(self, images: Tensor) -> Tensor:
        return (images / 255.0 - self.mean) / self.deviation


def normalising(kind: Normalisation, channels: int) -> nn.Module:
    """The layer of a kind for pictures of one or three channels."""
    if kind == "standardised":
        return Standardisation()
    if kind == "unit":
        return Scaling((0.0,) * channels, (1.0,) * channels)
    if channels == 1:
        return Scaling((sum(IMAGENET_MEAN) / 3,), (sum(IMAGENET_DEVIATION) / 3,))
    return Scaling(IMAGENET_MEAN, IMAGENET_DEVIATION)
