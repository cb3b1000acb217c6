"""How aligned faces become the numbers a network takes: channel order and normalisation, as its card says."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from mien.domain.faces import AnyCropSpec, FaceCrops
from mien.inference.batches import normalised
from mien.inference.model_card import PerChannel


@dataclass(frozen=True, slots=True)
class NetworkInput:
    """The crop a network wants, and its values: ``(pixel - mean) * scale`` of pixels in 0..255.

    Mean and scale are one number, or one for each channel in the order of the network. ``repeats``: how often a grey
    plane is given to a network that was made for colours.
    """

    crop: AnyCropSpec
    channels: Literal["bgr", "rgb", "grey"]
    mean: PerChannel = 0.0
    scale: PerChannel = 1.0
    repeats: int = 1

    def planes(self, crops: FaceCrops) -> NDArray[np.float32]:
        """Crops as (n, channels, size, size); raises ValueError where they were cut to another spec."""
        if crops.spec != self.crop:
            raise ValueError(f"expected crops of {self.crop}, got crops of {crops.spec}")
        images = crops.images[..., ::-1] if self.channels == "rgb" else crops.images
        planes = np.ascontiguousarray(images.transpose(0, 3, 1, 2), np.float32)
        return normalised(planes.repeat(self.repeats, axis=1) if self.repeats > 1 else planes, self.mean, self.scale)
