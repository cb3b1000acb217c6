"""A picture and its depth side by side, with a legend in metres."""

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from mien.results.drawing.lettering import Lettering, tint
from mien.results.palette import Rgb

Picture = NDArray[np.uint8]

_COLOURS = cv2.COLORMAP_VIRIDIS  # as bright as it is near, also to the colour-blind and in grey
_DIMMED = 0.35
_WHITE: Rgb = (255, 255, 255)
_PLATE: Rgb = (16, 19, 24)
_PLATE_OPACITY = 205
_NO_DEPTH = "no depth in this frame"


@dataclass(frozen=True, slots=True)
class DepthView:
    """Between which distances depth has colours of its own: see `beside`."""

    near_m: float
    far_m: float

    def beside(self, picture: Picture, depth_mm: NDArray[np.uint16] | None) -> Picture:
        """A picture and its depth side by side."""
        return beside(picture, depth_mm, self.near_m, self.far_m)


def beside(picture: Picture, depth_mm: NDArray[np.uint16] | None, near_m: float, far_m: float) -> Picture:
    """A picture (h, w, 3) BGR left and its depth (any size, mm, 0 for not measured) right, (h, w + w', 3).

    The depth keeps its shape and has the picture's height. Bright is ``near_m``, dark ``far_m``; what is beyond either
    has the colour of that end, dimmed, and what was not measured is black. Without depth the right side says so.
    """
    height, width = picture.shape[:2]
    if depth_mm is None:
        right = np.zeros_like(picture)
        strip = _written(_NO_DEPTH, _letter_px(height))
        tint(right, strip, (width - strip.shape[1]) // 2, (height - strip.shape[0]) // 2, _WHITE)
    else:
        own_width = max(1, round(depth_mm.shape[1] * height / depth_mm.shape[0]))
        resized = cv2.resize(depth_mm, (own_width, height), interpolation=cv2.INTER_NEAREST)
        right = _coloured(np.asarray(resized, np.uint16), near_m, far_m)
        _draw_legend(right, near_m, far_m)
    return np.hstack([picture, right])


def _coloured(depth_mm: NDArray[np.uint16], near_m: float, far_m: float) -> Picture:
    place = (far_m - depth_mm / np.float32(1000)) / np.float32(far_m - near_m)
    level = np.round(255 * np.clip(place, 0, 1)).astype(np.uint8)
    coloured = np.asarray(cv2.applyColorMap(level, _COLOURS), np.uint8)
    is_beyond = (place < 0) | (place > 1)
    coloured[is_beyond] = (coloured[is_beyond] * _DIMMED).astype(np.uint8)
    coloured[depth_mm == 0] = 0
    return coloured


def _draw_legend(canvas: Picture, near_m: float, far_m: float) -> None:
    """A bar of the colours in the lower right corner, the distances of its ends and its middle beside it."""
    height, width = canvas.shape[:2]
    letter_px = _letter_px(height)
    bar_height, bar_width, pad = 6 * letter_px, letter_px, letter_px // 2
    strips = [_written(f"{metres:.1f} m", letter_px) for metres in (far_m, (near_m + far_m) / 2, near_m)]
    text_height = strips[0].shape[0]
    plate_height = bar_height + text_height + 2 * pad
    plate_width = bar_width + max(strip.shape[1] for strip in strips) + 3 * pad
    left, top = width - plate_width - pad, height - plate_height - pad
    if left < 0 or top < 0:
        return  # a legend would hide what it explains
    tint(canvas, np.full((plate_height, plate_width), _PLATE_OPACITY, np.uint8), left, top, _PLATE)
    steps = np.linspace(0, 255, bar_height).round().astype(np.uint8)
    bar = cv2.applyColorMap(np.repeat(steps[:, None], bar_width, axis=1), _COLOURS)
    bar_top = top + pad + text_height // 2
    canvas[bar_top : bar_top + bar_height, left + pad : left + pad + bar_width] = bar
    for place, strip in zip((0.0, 0.5, 1.0), strips, strict=True):
        tint(canvas, strip, left + 2 * pad + bar_width, top + pad + round(place * bar_height), _WHITE)


def _letter_px(height: int) -> int:
    return min(44, max(10, round(height * 0.03)))


@lru_cache(maxsize=64)
def _written(text: str, size_px: int) -> NDArray[np.uint8]:
    return Lettering().strip(text, size_px, False)
