"""How aligned faces become the numbers a network takes: channel order and normalisation, as its card says."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from mien.domain.faces import AnyCropSpec, FaceCrops

PerChannel = float | tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class NetworkInput:
    """The crop a network wants, and its values: ``(pixel - mean) * scale`` of pixels in 0..255.

    Mean and scale are one number, or one for each channel in the order of the network.
    """

    crop: AnyCropSpec
    channels: Literal["bgr", "rgb", "grey"]
    mean: PerChannel = 0.0
    scale: PerChannel = 1.0

    def planes(self, crops: FaceCrops) -> NDArray[np.float32]:
        """Crops as (n, channels, size, size); raises ValueError where they were cut to another spec."""
        if crops.spec != self.crop:
            raise ValueError(f"expected crops of {self.crop}, got crops of {crops.spec}")
        images = crops.images[..., ::-1] if self.channels == "rgb" else crops.images
        return normalised(np.ascontiguousarray(images.transpose(0, 3, 1, 2), np.float32), self.mean, self.scale)


def normalised(planes: NDArray[np.float32], mean: PerChannel, scale: PerChannel) -> NDArray[np.float32]:
    """``(plane - mean) * scale`` of planes (n, c, h, w), in place."""
    if mean != 0:
        planes -= np.array(mean, np.float32).reshape(-1, 1, 1)
    if scale != 1:
        planes *= np.array(scale, np.float32).reshape(-1, 1, 1)
    return planes
