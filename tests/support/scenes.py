"""Pictures whose content says which frame they are, for tests that count and compare."""

from collections.abc import Iterator

import cv2
import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.uint8]
_BITS = 8


def smooth_colours(width: int, height: int) -> Picture:
    """Colours that change slowly in all directions, (height, width, 3) BGR: chroma subsampling does them no harm."""
    across, down = np.meshgrid(np.linspace(0, 1, width), np.linspace(0, 1, height))
    channels = [60 + 130 * across, 200 - 120 * down, 90 + 100 * across * down]
    return np.stack(channels, axis=-1).astype(np.uint8)


def numbered(count: int, size: tuple[int, int] = (320, 180)) -> Iterator[Picture]:
    """Pictures of ``size`` (width, height) with their number written as eight black or white bars, lowest bit left."""
    width, height = size
    for number in range(count):
        bars = np.array([[255 * (number >> bit & 1) for bit in range(_BITS)]], np.uint8)
        grey = cv2.resize(bars, (width, height), interpolation=cv2.INTER_NEAREST)
        yield cv2.cvtColor(grey, cv2.COLOR_GRAY2BGR)


def number_of(picture: Picture) -> int:
    """The number that `numbered` wrote."""
    grey = picture.mean(axis=(0, 2))
    bars = [part.mean() > 127 for part in np.array_split(grey, _BITS)]
    return sum(1 << bit for bit, is_set in enumerate(bars) if is_set)
