"""How aligned faces become the numbers a network takes: channel order and normalisation, as its card says."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from mien.domain.faces import CropSpec, FaceCrops


@dataclass(frozen=True, slots=True)
class NetworkInput:
    """The crop a network wants, and its values: ``(pixel - mean) * scale`` of pixels in 0..255."""

    crop: CropSpec
    channels: Literal["bgr", "rgb", "grey"]
    mean: float = 0.0
    scale: float = 1.0

    def planes(self, crops: FaceCrops) -> NDArray[np.float32]:
        """Crops as (n, channels, size, size); raises ValueError where they were cut to another spec."""
        if crops.spec != self.crop:
            raise ValueError(f"expected crops of {self.crop}, got crops of {crops.spec}")
        images = crops.images[..., ::-1] if self.channels == "rgb" else crops.images
        planes = np.ascontiguousarray(images.transpose(0, 3, 1, 2), np.float32)
        if self.mean:
            planes -= np.float32(self.mean)
        if self.scale != 1:
            planes *= np.float32(self.scale)
        return planes
