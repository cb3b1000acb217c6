"""A backbone with its heads, as it is trained and as it is served."""

from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from mien.lab.networks.backbone import Backbone
from mien.lab.networks.normalisation import normalising


class Answers(NamedTuple):
    """Logits (n, k), and valence and arousal (n, 2) in [-1, 1] where there is a head for them."""

    logits: Tensor
    valence_arousal: Tensor | None


class ExpressionNetwork(nn.Module):
    """Answers from pictures (n, c, s, s) of 0..255, grey or RGB: normalised, enlarged, seen, told."""

    def __init__(
        self, backbone: Backbone, channels: int, enlarged_px: int, classes: int, dropout: float, has_levels: bool
    ) -> None:
        """``enlarged_px`` is the side with which the backbone sees pictures, 0 for that which they have."""
        super().__init__()
        self.normalisation = normalising(backbone.normalisation, channels)
        self.enlarged_px = enlarged_px
        self.backbone = backbone
        self.dropout = nn.Dropout(dropout)
        self.emotion_classifier = nn.Linear(backbone.width, classes)
        self.va_regressor = nn.Linear(backbone.width, 2) if has_levels else None

    @property
    def heads(self) -> list[nn.Module]:
        """What is learnt anew whatever the backbone starts from."""
        return [self.emotion_classifier, *([self.va_regressor] if self.va_regressor is not None else [])]

    def forward(self, images: Tensor) -> Answers:
        seen = self.normalisation(images)
        if self.enlarged_px:
            seen = F.interpolate(seen, size=(self.enlarged_px,) * 2, mode="bilinear", align_corners=False)
        features = self.dropout(self.backbone(seen))
        levels = None if self.va_regressor is None else torch.tanh(self.va_regressor(features))
        return Answers(self.emotion_classifier(features), levels)


class ServedNetwork(nn.Module):
    """What is exported: probabilities (n, k) at a temperature, and valence and arousal (n, 2) behind them if known.

    ``is_mirrored`` averages what a face and its mirror image give, in one pass.
    """

    def __init__(self, network: ExpressionNetwork, temperature: float = 1.0, is_mirrored: bool = False) -> None:
        super().__init__()
        self.network = network
        self.temperature = temperature
        self.is_mirrored = is_mirrored

    def forward(self, images: Tensor) -> tuple[Tensor, ...]:
        logits, levels = self.network(images)
        if self.is_mirrored:
            others, other_levels = self.network(images.flip(3))
            logits = (logits + others) / 2
            if levels is not None and other_levels is not None:
                levels = (levels + other_levels) / 2
        probabilities = F.softmax(logits / self.temperature, dim=1)
        return (probabilities,) if levels is None else (probabilities, levels)
