"""Pictures made worse as cameras and networks make them, so that it can be measured who notices: five ways to do it."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

import cv2
import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.uint8]
Floats = NDArray[np.float32]
Generator = np.random.Generator
Worsen = Callable[[Picture, Floats, Generator], Picture]
"""Takes a picture (h, w, 3) BGR, the box (4,) px of the face that it is about, and what chance is drawn from."""

SCALE_PX = 250
"""The shorter side that all measures in px are meant for; those of larger pictures grow with them."""


def blurred(image: Picture, _face: Floats, generator: Generator) -> Picture:
    """Out of focus: a Gaussian of 1 to 4 px."""
    return np.asarray(cv2.GaussianBlur(image, (0, 0), generator.uniform(1, 4) * _scale(image)), np.uint8)


def small(image: Picture, face: Floats, generator: Generator) -> Picture:
    """Far away: down to where the shorter side of the face is 16 to 48 px, and back."""
    height, width = image.shape[:2]
    ratio = min(generator.uniform(16, 48) / float((face[2:] - face[:2]).min()), 1)
    size = max(round(width * ratio), 1), max(round(height * ratio), 1)
    shrunk = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.resize(shrunk, (width, height), interpolation=cv2.INTER_LINEAR), np.uint8)


def compressed(image: Picture, _face: Floats, generator: Generator) -> Picture:
    """JPEG at a quality of 5 to 25."""
    _, encoded = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, int(generator.integers(5, 26))])
    return np.asarray(cv2.imdecode(encoded, cv2.IMREAD_COLOR), np.uint8)


def dark(image: Picture, _face: Floats, generator: Generator) -> Picture:
    """A tenth to half of the light, and noise of 10 grey levels."""
    noisy = image * generator.uniform(0.1, 0.5) + generator.normal(0, 10, image.shape)
    return np.clip(noisy, 0, 255).astype(np.uint8)


def covered(image: Picture, face: Floats, generator: Generator) -> Picture:
    """A cap, a scarf, a neighbour: a plain box over 20 to 45 % of the face, from one of its four sides on."""
    box, side, share = face.copy(), generator.integers(4), generator.uniform(0.2, 0.45)
    opposite, extent = (side + 2) % 4, face[side % 2 + 2] - face[side % 2]
    box[opposite] = face[side] + (share if side < 2 else -share) * extent
    left, top, right, bottom = np.maximum(np.round(box), 0).astype(int)
    result = image.copy()
    result[top:bottom, left:right] = generator.integers(0, 256, 3)
    return result


WAYS: Mapping[str, Worsen] = MappingProxyType(
    {"blurred": blurred, "small": small, "compressed": compressed, "dark": dark, "covered": covered}
)


def drawn_ways(count: int, generator: Generator) -> tuple[Worsen, ...]:
    """So many of the ways in an order drawn by chance, each as often as any other, or once more."""
    ways = tuple(WAYS.values())
    return tuple(ways[place] for place in generator.permutation(count) % len(ways))


def _scale(image: Picture) -> float:
    return float(min(image.shape[:2]) / SCALE_PX)
