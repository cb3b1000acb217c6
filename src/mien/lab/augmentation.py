"""What happens to a training picture so that the network survives video: one warp and one photometric pass a batch."""

import math
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F


@dataclass(frozen=True, slots=True)
class Strength:
    """How far each change goes; shares are probabilities per picture."""

    rotation_deg: float = 12.0
    scale: float = 0.12
    shift_px: float = 3.0
    shear: float = 0.06
    realigned_share: float = 0.4
    gamma: float = 0.4
    shadow: float = 0.3
    coarse_share: float = 0.15
    noise_share: float = 0.2
    noise_levels: float = 6.0
    clip_share: float = 0.1
    erase_share: float = 0.3


class Augmentation:
    """Changes batches of grey pictures (n, 1, s, s), 0..255 float32, drawing everything from one generator."""

    def __init__(self, strength: Strength, generator: torch.Generator) -> None:
        self.strength = strength
        self.generator = generator

    def __call__(self, images: Tensor, placements: Tensor) -> Tensor:
        """A changed copy of ``images``; ``placements`` (n, 2, 3) cut the aligned crop, in px of the picture.

        A share of the pictures is seen through its placement, the rest as it lies in the set; the same random
        warp follows in both cases, so each picture is resampled once.
        """
        warped = self._warp(images, placements)
        lit = self._coarsen(self._light(warped))
        return self._erase(self._noise(lit))

    def _uniform(self, *shape: int, low: float = 0.0, high: float = 1.0) -> Tensor:
        return torch.rand(shape, generator=self.generator) * (high - low) + low

    def _chosen(self, n: int, share: float) -> Tensor:
        """A mask (n, 1, 1, 1) that is true for about ``share`` of the pictures."""
        return (self._uniform(n) < share)[:, None, None, None]

    def _warp(self, images: Tensor, placements: Tensor) -> Tensor:
        n, _, side, _ = images.shape
        lies = torch.eye(2, 3).expand(n, 2, 3)
        seen = torch.where(self._chosen(n, self.strength.realigned_share)[:, 0], placements, lies)
        matrices = seen[:, :, :2] @ self._jitter(n)
        middle = (side - 1) / 2
        shift = self._uniform(n, 2, low=-self.strength.shift_px, high=self.strength.shift_px)
        steps = torch.arange(side, dtype=torch.float32) - middle
        grid = torch.stack(torch.meshgrid(steps, steps, indexing="xy"), dim=-1).reshape(1, -1, 2)
        # px of the output, around its middle → px of the crop → px of the picture → [-1, 1] of grid_sample
        centre = seen @ torch.tensor([middle, middle, 1.0])
        points = grid @ matrices.transpose(1, 2) + (centre + shift)[:, None, :]
        normalised = (points / middle - 1).reshape(n, side, side, 2)
        border = ("border", "border", "reflection", "zeros")[int(self._uniform(1) * 4)]
        return F.grid_sample(images, normalised, padding_mode=border, align_corners=True)

    def _jitter(self, n: int) -> Tensor:
        """Linear maps (n, 2, 2): rotation, scale, shear and, for half of the pictures, a mirror."""
        strength = self.strength
        angle = math.radians(strength.rotation_deg)
        turn = self._uniform(n, low=-angle, high=angle)
        scale = torch.exp(self._uniform(n, low=-strength.scale, high=strength.scale))
        shear = self._uniform(n, low=-strength.shear, high=strength.shear)
        mirror = torch.where(self._uniform(n) < 0.5, -1.0, 1.0)
        cos, sin = torch.cos(turn) * scale, torch.sin(turn) * scale
        rows = [cos * mirror, shear * cos - sin, sin * mirror, shear * sin + cos]
        return torch.stack(rows, dim=1).reshape(n, 2, 2)

    def _light(self, images: Tensor) -> Tensor:
        """Gamma, a shadow across the picture, and highlights or shadows that clip.

        Plain brightness and contrast are left alone: the network standardises each picture.
        """
        n, _, side, _ = images.shape
        strength = self.strength
        gamma = torch.exp(self._uniform(n, 1, 1, 1, low=-strength.gamma, high=strength.gamma))
        pixels = (images.clamp(0, 255) / 255) ** gamma
        ramp = torch.linspace(-1, 1, side)
        slopes = self._uniform(n, 2, low=-strength.shadow, high=strength.shadow) / 2
        across = slopes[:, :1] * ramp[None, :]
        down = slopes[:, 1:] * ramp[None, :]
        pixels = pixels * (1 + (across[:, None, :] + down[:, :, None])[:, None])
        gain = self._uniform(n, 1, 1, 1, low=1.0, high=1.7)
        offset = self._uniform(n, 1, 1, 1, low=-0.35, high=0.15)
        clipped = (pixels * gain + offset).clamp(0, 1)
        return torch.where(self._chosen(n, strength.clip_share), clipped, pixels) * 255

    def _coarsen(self, images: Tensor) -> Tensor:
        """A share of the pictures as a small or unsharp face would look: shrunk to 18..36 px and enlarged again."""
        n, _, side, _ = images.shape
        small = int(self._uniform(1) * 19) + 18
        shrunk = F.interpolate(images, size=(small, small), mode="area")
        blurred = F.interpolate(shrunk, size=(side, side), mode="bilinear", align_corners=False)
        return torch.where(self._chosen(n, self.strength.coarse_share), blurred, images)

    def _noise(self, images: Tensor) -> Tensor:
        n = len(images)
        levels = self._uniform(n, 1, 1, 1, high=self.strength.noise_levels)
        noisy = images + torch.randn(images.shape, generator=self.generator) * levels
        return torch.where(self._chosen(n, self.strength.noise_share), noisy, images)

    def _erase(self, images: Tensor) -> Tensor:
        """A rectangle of a fifth to a half of each side becomes one grey value (Zhong et al., AAAI 2020)."""
        n, _, side, _ = images.shape
        size = self._uniform(n, 2, low=0.2, high=0.5) * side
        corner = self._uniform(n, 2) * (side - size)
        steps = torch.arange(side)[None]
        inside = (steps[:, None] >= corner[..., None]) & (steps[:, None] < (corner + size)[..., None])
        hole = (inside[:, 0, None, :] & inside[:, 1, :, None])[:, None]
        grey = self._uniform(n, 1, 1, 1, high=255.0)
        return torch.where(hole & self._chosen(n, self.strength.erase_share), grey, images)
