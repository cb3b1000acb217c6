"""Faces spoilt by degrees: LFW pairs of one person, one picture of each made small, blurred, shaken, dark, bright or
cut, and how alike a recogniser still finds the two."""

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
from benchmarks.parts.report import shared
from numpy.typing import NDArray

from mien.domain.faces import Detections
from mien.evaluation.faces import most_prominent
from mien.evaluation.verification import read_pairs
from mien.sources.images import read_picture
from mien.sources.pixels import ArrayPixels
from mien.vision.alignment import align
from mien.vision.detection.detector import Detector
from mien.vision.recognition.recogniser import Recogniser

Picture = NDArray[np.uint8]
Spoiler = Callable[[Picture, np.random.Generator], Picture]

PAIRS = 150
"""Of each draw."""


@dataclass(frozen=True)
class SpoiltFace:
    """A picture, the face in it, how it was spoilt, and its similarity to another picture of the person, unspoilt."""

    kind: str
    pixels: ArrayPixels
    face: Detections
    similarity: float


def _small(image: Picture, generator: np.random.Generator) -> Picture:
    side = round(250 * float(generator.choice([0.12, 0.16, 0.2, 0.28, 0.4, 0.6])))  # few sizes: a network each
    return np.asarray(cv2.resize(image, (side, side), interpolation=cv2.INTER_AREA), np.uint8)


def _blurred(image: Picture, generator: np.random.Generator) -> Picture:
    return np.asarray(cv2.GaussianBlur(image, (0, 0), float(np.exp(generator.uniform(-0.2, 2.0)))), np.uint8)


def _shaken(image: Picture, generator: np.random.Generator) -> Picture:
    length = int(generator.integers(3, 25))
    line = np.zeros((length, length), np.float32)
    line[length // 2] = 1
    middle = (length / 2 - 0.5, length / 2 - 0.5)
    line = cv2.warpAffine(line, cv2.getRotationMatrix2D(middle, float(generator.uniform(0, 180)), 1), line.shape)
    return np.asarray(cv2.filter2D(image, -1, line / line.sum()), np.uint8)


def _dark(image: Picture, generator: np.random.Generator) -> Picture:
    noisy = image * np.exp(generator.uniform(-3.2, -0.4)) + generator.normal(0, 2, image.shape)
    return np.clip(noisy, 0, 255).astype(np.uint8)


def _bright(image: Picture, generator: np.random.Generator) -> Picture:
    return np.clip(image * generator.uniform(1.2, 5), 0, 255).astype(np.uint8)


def _cut(image: Picture, generator: np.random.Generator) -> Picture:
    """Cut through the face from one side; the canvas keeps its size only in the detector."""
    start = int(generator.choice([80, 96, 112, 128]))
    return np.ascontiguousarray(np.rot90(np.rot90(image, turns := int(generator.integers(4)))[start:], -turns))


KINDS: dict[str, Spoiler] = {
    "as it is": lambda image, _: image,
    "small": _small,
    "blurred": _blurred,
    "shaken": _shaken,
    "dark": _dark,
    "bright": _bright,
    "cut off": _cut,
}


def spoilt_faces(detector: Detector, recogniser: Recogniser, draw: int = 0) -> list[SpoiltFace]:
    """Every kind of damage to the second picture of each of 150 pairs; ``draw`` 0 and 1 have no pair in common.

    Pictures in which no face is found any more are left out.
    """
    generator = np.random.default_rng(draw)
    pairs = read_pairs(shared("data", "lfw", "pairsDevTrain.txt"))
    order = np.random.default_rng(0).permutation(np.flatnonzero(pairs.is_same))
    rows = []
    for pair in order[draw * PAIRS : (draw + 1) * PAIRS]:
        first, second = (
            read_picture(str(shared("data", "lfw", "images", name)), 100.0)
            for name in (pairs.first[pair], pairs.second[pair])
        )
        clean = _seen(first, detector, recogniser)
        for kind, spoil in KINDS.items():
            spoilt = _seen(spoil(second, generator), detector, recogniser)
            if clean is not None and spoilt is not None:
                rows.append(SpoiltFace(kind, spoilt[0], spoilt[1], float(clean[2] @ spoilt[2])))
    return rows


def _seen(
    image: Picture, detector: Detector, recogniser: Recogniser
) -> tuple[ArrayPixels, Detections, NDArray[np.float32]] | None:
    """The picture, its face and the embedding of that, None where there is no face."""
    pixels = ArrayPixels(image)
    found = detector.detect(pixels)
    face = found.select(most_prominent(found, pixels.width, pixels.height))
    if not len(face):
        return None
    crops = align(pixels, detector.refine(pixels, face).landmarks, recogniser.crop)
    return pixels, face, recogniser.recognise(crops).embeddings.vectors[0]
