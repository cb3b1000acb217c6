"""The network's view of a picture: how far it is scaled and onto which canvas it is laid."""

from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from mien.domain.faces import Detections
from mien.domain.frame import Pixels

Floats = NDArray[np.float32]

STEP = 32
"""Sides of a canvas are multiples of the coarsest stride of the networks."""

ENLARGE_AT_MOST = 2.0
"""Small pictures are enlarged so far: on WIDER recall rises up to 1.75 and falls again from 2.5."""

SMALL_STEP = 128
ASPECTS = (1 / 2, 9 / 16, 2 / 3, 3 / 4, 4 / 5, 1.0)
"""Canvases come in few shapes, because a network is compiled anew (0.16 s) for each."""


@dataclass(frozen=True, slots=True)
class Canvas:
    """A picture of ``source`` (width, height) px scaled to ``inner`` and laid in the upper left corner of ``outer``."""

    source: tuple[int, int]
    inner: tuple[int, int]
    outer: tuple[int, int]

    @property
    def to_source(self) -> Floats:
        """Source px per canvas px in x and y, (2,)."""
        return np.array([self.source[0] / self.inner[0], self.source[1] / self.inner[1]], np.float32)

    def paint(self, pixels: Pixels, channels: Literal["bgr", "rgb"] = "bgr", fill: float = 0) -> Floats:
        """The scaled picture as (1, 3, height, width) 0..255, ``fill`` where the picture ends."""
        width, height = self.inner
        planes = np.empty((1, 3, self.outer[1], self.outer[0]), np.float32)
        planes[:, :, height:] = fill
        planes[:, :, :height, width:] = fill
        painted = planes[0] if channels == "bgr" else planes[0, ::-1]
        for plane, channel in zip(painted, cv2.split(pixels.scaled(width, height)), strict=True):
            plane[:height, :width] = channel
        return planes

    def lift(self, detections: Detections) -> Detections:
        """What was found on the canvas, in px of the source."""
        ratio = self.to_source
        return Detections(detections.boxes * np.tile(ratio, 2), detections.scores, detections.landmarks * ratio)


def fit(width: int, height: int, long_side_px: int, outer: tuple[int, int] | None = None, stretch: float = 1) -> Canvas:
    """The canvas of a picture whose longer side is to be ``long_side_px``, or less where that enlarges it too much.

    Where the network takes but one size of canvas, ``outer`` (width, height) is that: the picture is scaled to fit, one
    side at most ``stretch`` times as much as the other.
    """
    scale = min(long_side_px / max(width, height), ENLARGE_AT_MOST)
    if outer is not None:
        across, down = min(outer[0] / width, scale), min(outer[1] / height, scale)
        most = min(across, down) * stretch
        inner = max(1, round(width * min(across, most))), max(1, round(height * min(down, most)))
        return Canvas((width, height), inner, outer)
    inner = max(1, round(width * scale)), max(1, round(height * scale))
    is_limited = scale == ENLARGE_AT_MOST
    long = _rounded_up(max(inner), SMALL_STEP if is_limited else STEP)
    shorts = (_rounded_up(long * aspect, STEP) for aspect in ASPECTS)
    short = next(side for side in shorts if side >= min(inner))
    return Canvas((width, height), inner, (long, short) if width >= height else (short, long))


def _rounded_up(length: float, step: int) -> int:
    return int(-(-length // step)) * step
