"""Pictures of faces spoilt in more ways, further and in more combinations than those that the head is measured on.

`mien.evaluation.discarding.degradation`, which spoils the latter, is kept apart from this: a head that had learnt the
very ways it is measured by would look better than it is. Those ways are a protocol, and if other numbers were drawn
here, the head that ships could not be made again: neither can take over the other's.
"""

from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray

from mien.sources.pixels import ArrayPixels

Picture = NDArray[np.uint8]
Generator = np.random.Generator
Spoiler = Callable[[Picture, Generator], Picture]
"""Takes a picture (h, w, 3) BGR of SIDE_PX whose face is in the middle, as those of LFW are."""

SIDE_PX = 250
"""The shorter side of pictures when they are spoilt: that of LFW's, in which a face has about 100 px.

Blur, grain and JPEG's blocks of so many px would leave the face in a photograph of 4000 px nearly as good as it was.
"""

_LONGEST_PX = 4 * SIDE_PX

TWICE = 0.3
"""The share of pictures that are spoilt in two ways, one after the other."""

_FACE = 0.4
"""The side of the face in a picture, as a share of the picture's."""


def spoilt(image: Picture, generator: Generator) -> Picture:
    """A picture (h, w, 3) BGR spoilt in one way drawn by chance, or in two; its shorter side becomes SIDE_PX."""
    image = _at_scale(image)
    count = 2 if generator.random() < TWICE else 1
    for place in generator.permutation(len(SPOILERS))[:count]:
        image = SPOILERS[place](image, generator)
    return image


def _at_scale(image: Picture) -> Picture:
    sides = image.shape[1::-1]
    ratio = min(SIDE_PX / min(sides), _LONGEST_PX / max(sides))  # a ribbon would become a very long one
    width, height = (max(round(side * ratio), 1) for side in sides)
    return ArrayPixels(image).scaled(width, height)


def _blurred(image: Picture, generator: Generator) -> Picture:
    return np.asarray(cv2.GaussianBlur(image, (0, 0), _between(generator, 0.6, 7)), np.uint8)


def _shaken(image: Picture, generator: Generator) -> Picture:
    length = int(generator.integers(3, 26))
    line = np.zeros((length, length), np.float32)
    line[length // 2] = 1
    middle = (length / 2 - 0.5, length / 2 - 0.5)
    turned = cv2.warpAffine(line, cv2.getRotationMatrix2D(middle, generator.uniform(0, 180), 1), (length, length))
    return np.asarray(cv2.filter2D(image, -1, turned / turned.sum()), np.uint8)


def _small(image: Picture, generator: Generator) -> Picture:
    height, width = image.shape[:2]
    ratio = _between(generator, 10, 110) / min(height, width)
    shrinking = (cv2.INTER_AREA, cv2.INTER_LINEAR)[generator.integers(2)]
    enlarging = (cv2.INTER_LINEAR, cv2.INTER_CUBIC, cv2.INTER_NEAREST)[generator.choice(3, p=(0.5, 0.4, 0.1))]
    size = max(round(width * ratio), 1), max(round(height * ratio), 1)
    return np.asarray(
        cv2.resize(cv2.resize(image, size, interpolation=shrinking), (width, height), interpolation=enlarging), np.uint8
    )


def _noisy(image: Picture, generator: Generator) -> Picture:
    grain = generator.normal(0, _between(generator, 4, 60), image.shape)
    return np.clip(image + (grain if generator.random() < 0.7 else grain[..., :1]), 0, 255).astype(np.uint8)


def _compressed(image: Picture, generator: Generator) -> Picture:
    _, encoded = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, round(_between(generator, 2, 45))])
    return np.asarray(cv2.imdecode(encoded, cv2.IMREAD_COLOR), np.uint8)


def _dark(image: Picture, generator: Generator) -> Picture:
    bent = 255 * (image / 255) ** generator.uniform(0.8, 1.6) * _between(generator, 0.03, 0.7)
    return np.clip(bent + generator.normal(0, _between(generator, 1, 16), image.shape), 0, 255).astype(np.uint8)


def _bright(image: Picture, generator: Generator) -> Picture:
    return np.clip(image * _between(generator, 1.3, 6) + generator.normal(0, 2, image.shape), 0, 255).astype(np.uint8)


def _covered(image: Picture, generator: Generator) -> Picture:
    """A plain, grainy or borrowed patch, a box or an ellipse, over 8 to 65 % of the face."""
    sides = np.array(image.shape[1::-1])
    face = _FACE * sides
    share, lengthening = _between(generator, 0.08, 0.65), _between(generator, 0.5, 2)
    half = np.minimum(np.sqrt(share) * face * (lengthening, 1 / lengthening), 1.2 * face) / 2
    middle = sides / 2 + (generator.random(2) - 0.5) * np.maximum(face - half, 0.2 * face)
    mask = np.zeros(image.shape[:2], np.uint8)
    if generator.random() < 0.6:
        (left, top), (right, bottom) = np.round(middle - half).astype(int), np.round(middle + half).astype(int)
        mask[max(top, 0) : max(bottom, 0), max(left, 0) : max(right, 0)] = 1
    else:
        axes = tuple(int(value) for value in np.maximum(np.round(half * 2 / np.sqrt(np.pi)), 1))
        cv2.ellipse(
            mask, tuple(int(value) for value in np.round(middle)), axes, generator.uniform(0, 180), 0, 360, 1, -1
        )
    patch = np.roll(image, tuple(int(value) for value in sides[::-1] // 3 + generator.integers(0, 60, 2)), (0, 1))
    kind = generator.integers(3)
    if kind < 2:
        plain = np.broadcast_to(generator.integers(0, 256, 3).astype(np.float64), image.shape)
        patch = np.clip(plain + kind * generator.normal(0, 25, image.shape), 0, 255).astype(np.uint8)
    return np.where(mask[..., None] == 1, patch, image).astype(np.uint8)


def _turned(image: Picture, generator: Generator) -> Picture:
    """The picture as a card that is turned about its three axes: up to 65 degrees sideways, 45 up, 50 in its plane."""
    yaw, pitch, roll = np.radians(generator.uniform(-1, 1, 3) * (65, 45, 50))
    about_y = np.array([[np.cos(yaw), 0, np.sin(yaw)], [0, 1, 0], [-np.sin(yaw), 0, np.cos(yaw)]])
    about_x = np.array([[1, 0, 0], [0, np.cos(pitch), -np.sin(pitch)], [0, np.sin(pitch), np.cos(pitch)]])
    about_z = np.array([[np.cos(roll), -np.sin(roll), 0], [np.sin(roll), np.cos(roll), 0], [0, 0, 1]])
    height, width = image.shape[:2]
    distance = 3.0 * width
    to_middle = np.array([[1, 0, -width / 2], [0, 1, -height / 2], [0, 0, 0]])
    turned = about_z @ about_x @ about_y @ to_middle
    turned[2] += (0, 0, distance)
    back = np.array([[distance, 0, width / 2], [0, distance, height / 2], [0, 0, 1]])
    return np.asarray(
        cv2.warpPerspective(image, back @ turned, (width, height), borderMode=cv2.BORDER_REFLECT_101), np.uint8
    )


SPOILERS: tuple[Spoiler, ...] = (
    _blurred,
    _shaken,
    _small,
    _noisy,
    _compressed,
    _dark,
    _bright,
    _covered,
    _turned,
)


def _between(generator: Generator, low: float, high: float) -> float:
    """A number drawn so that equal ratios are equally likely."""
    return float(np.exp(generator.uniform(np.log(low), np.log(high))))
