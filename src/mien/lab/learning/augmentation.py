"""What happens to a training picture so that the network survives video: one warp and one photometric pass a batch."""

import math

import torch
from torch import Tensor
from torch.nn import functional as F

from mien.lab.recipe import AugmentationRecipe

COARSEST, FINEST = 0.375, 0.75
"""Of the side of a crop: as small as a face is made before it is enlarged again."""


class Augmentation:
    """Changes batches of pictures (n, c, s, s), 0..255 float32, drawing everything from one generator."""

    def __init__(self, recipe: AugmentationRecipe, side_px: int, lying: Tensor, generator: torch.Generator) -> None:
        """``side_px`` is the side of what comes out; ``lying`` (2, 3) shows a ready-made picture as it lies."""
        self.recipe = recipe
        self.side_px = side_px
        self.lying = lying
        self.generator = generator

    def __call__(self, images: Tensor, placements: Tensor) -> Tensor:
        """Changed crops of ``images``; ``placements`` (n, 2, 3) cut the aligned crop, in px of the picture.

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
        n, held = len(images), images.shape[-1]
        lies = self.lying.expand(n, 2, 3)
        seen = torch.where(self._chosen(n, self.recipe.aligned_share)[:, 0], placements, lies)
        matrices = seen[:, :, :2] @ self._jitter(n)
        middle = (self.side_px - 1) / 2
        furthest = self.recipe.shift * held
        shift = self._uniform(n, 2, low=-furthest, high=furthest)
        steps = torch.arange(self.side_px, dtype=torch.float32) - middle
        grid = torch.stack(torch.meshgrid(steps, steps, indexing="xy"), dim=-1).reshape(1, -1, 2)
        # px of the output, around its middle → px of the crop → px of the picture → [-1, 1] of grid_sample
        centre = seen @ torch.tensor([middle, middle, 1.0])
        points = grid @ matrices.transpose(1, 2) + (centre + shift)[:, None, :]
        normalised = (points / ((held - 1) / 2) - 1).reshape(n, self.side_px, self.side_px, 2)
        border = ("border", "border", "reflection", "zeros")[int(self._uniform(1) * 4)]
        return F.grid_sample(images, normalised, padding_mode=border, align_corners=True)

    def _jitter(self, n: int) -> Tensor:
        """Linear maps (n, 2, 2): rotation, zoom, shear and, for a share of the pictures, a mirror."""
        recipe = self.recipe
        angle = math.radians(recipe.rotation_deg)
        turn = self._uniform(n, low=-angle, high=angle)
        zoom = torch.exp(self._uniform(n, low=-recipe.zoom, high=recipe.zoom))
        shear = self._uniform(n, low=-recipe.shear, high=recipe.shear)
        mirror = torch.where(self._uniform(n) < recipe.flip_share, -1.0, 1.0)
        cos, sin = torch.cos(turn) * zoom, torch.sin(turn) * zoom
        rows = [cos * mirror, shear * cos - sin, sin * mirror, shear * sin + cos]
        return torch.stack(rows, dim=1).reshape(n, 2, 2)

    def _light(self, images: Tensor) -> Tensor:
        """Gamma, a shadow across the picture, a cast of colour, and highlights or shadows that clip.

        Plain brightness and contrast are left alone where networks standardise each picture; gamma changes both.
        """
        n, channels, side, _ = images.shape
        recipe = self.recipe
        gamma = torch.exp(self._uniform(n, 1, 1, 1, low=-recipe.gamma, high=recipe.gamma))
        pixels = (images.clamp(0, 255) / 255) ** gamma
        ramp = torch.linspace(-1, 1, side)
        slopes = self._uniform(n, 2, low=-recipe.shadow, high=recipe.shadow) / 2
        across = slopes[:, :1] * ramp[None, :]
        down = slopes[:, 1:] * ramp[None, :]
        pixels = pixels * (1 + (across[:, None, :] + down[:, :, None])[:, None])
        if channels > 1:
            pixels = pixels * torch.exp(self._uniform(n, channels, 1, 1, low=-recipe.colour, high=recipe.colour))
        gain = self._uniform(n, 1, 1, 1, low=1.0, high=1.7)
        offset = self._uniform(n, 1, 1, 1, low=-0.35, high=0.15)
        clipped = (pixels * gain + offset).clamp(0, 1)
        return torch.where(self._chosen(n, recipe.clip_share), clipped, pixels) * 255

    def _coarsen(self, images: Tensor) -> Tensor:
        """A share of the pictures as a small or unsharp face would look: shrunk and enlarged again."""
        n, side = len(images), images.shape[-1]
        share = float(self._uniform(1, low=COARSEST, high=FINEST))
        small = max(2, round(share * side))
        shrunk = F.interpolate(images, size=(small, small), mode="area")
        blurred = F.interpolate(shrunk, size=(side, side), mode="bilinear", align_corners=False)
        return torch.where(self._chosen(n, self.recipe.coarse_share), blurred, images)

    def _noise(self, images: Tensor) -> Tensor:
        n = len(images)
        levels = self._uniform(n, 1, 1, 1, high=self.recipe.noise_levels)
        noisy = images + torch.randn(images.shape, generator=self.generator) * levels
        return torch.where(self._chosen(n, self.recipe.noise_share), noisy, images)

    def _erase(self, images: Tensor) -> Tensor:
        """A rectangle of a fifth to a half of each side becomes one grey value (Zhong et al., AAAI 2020)."""
        n, side = len(images), images.shape[-1]
        size = self._uniform(n, 2, low=0.2, high=0.5) * side
        corner = self._uniform(n, 2) * (side - size)
        steps = torch.arange(side)[None]
        inside = (steps[:, None] >= corner[..., None]) & (steps[:, None] < (corner + size)[..., None])
        hole = (inside[:, 0, None, :] & inside[:, 1, :, None])[:, None]
        grey = self._uniform(n, 1, 1, 1, high=255.0)
        return torch.where(hole & self._chosen(n, self.recipe.erase_share), grey, images)


Batch = tuple[Tensor, Tensor, Tensor]
"""Pictures, targets (n, k), and valence and arousal (n, 2), NaN where missing."""


def mixed(batch: Batch, strength: float, generator: torch.Generator) -> Batch:
    """All of a batch mixed with itself in another order (Zhang et al., "mixup", ICLR 2018).

    One share for the batch, drawn from Beta(strength, strength) by two gamma variates. A mixture of which one side is
    missing is missing.
    """
    if not strength:
        return batch
    one, other = (torch._standard_gamma(torch.tensor([strength]), generator=generator) for _ in range(2))
    share = float(one / (one + other))
    order = torch.randperm(len(batch[0]), generator=generator)
    images, targets, levels = (part * share + part[order] * (1 - share) for part in batch)
    is_known = batch[1].any(dim=1)
    return images, targets * (is_known & is_known[order])[:, None], levels
