"""Pictures that know their faces, and models that answer what a test foresees: the pipeline without networks."""

from collections.abc import Callable, Sequence

import cv2
import numpy as np
from numpy.typing import NDArray
from tests.support.faces import MODEL, axis, seen

from mien.domain.emotions import EMOTION_LABELS, EmotionScores
from mien.domain.faces import CropSpec, Detections, FaceCrops, Quality, Recognition
from mien.domain.frame import Frame, Pixels
from mien.domain.landmarks import ARCFACE_112
from mien.sources.pixels import ArrayPixels

Picture = NDArray[np.uint8]
# Where the landmarks lie in a face's box, as parts of its size.
_LANDMARKS = np.array([(0.3, 0.35), (0.7, 0.35), (0.5, 0.55), (0.35, 0.78), (0.65, 0.78)], np.float32)


class KnownPixels(ArrayPixels):
    """A picture that knows the faces on it."""

    def __init__(self, array: Picture, faces: Detections) -> None:
        super().__init__(array)
        self.faces = faces


class KnowingDetector:
    """Finds the faces that a KnownPixels knows, unless it is told to be blind."""

    model = "knowing"

    def __init__(self, work: Callable[[], None] = lambda: None) -> None:
        self.calls = 0
        self.is_blind = False
        self._work = work

    def detect(self, pixels: Pixels) -> Detections:
        self.calls += 1
        self._work()
        return pixels.faces if isinstance(pixels, KnownPixels) and not self.is_blind else Detections.empty()

    def refine(self, pixels: Pixels, detections: Detections) -> Detections:
        return detections


class GreyRecogniser:
    """Embeds a face by how bright it is: 32 grey levels are one person."""

    crop = CropSpec(112, ARCFACE_112, "bgr")
    model = MODEL

    def __init__(self) -> None:
        self.count = 0

    def recognise(self, crops: FaceCrops) -> Recognition:
        self.count += len(crops)
        return seen(*(axis(grey_person(float(image.mean()))) for image in crops.images))


def grey_person(grey: float) -> int:
    """The axis on which a GreyRecogniser puts faces of a grey level."""
    return int(grey) // 32


class ScriptedClassifier:
    """Reads one label after the other, the last one for ever; 0.65 of it and 0.05 of each other."""

    crop = CropSpec(48, tuple((x * 48 / 112, y * 48 / 112) for x, y in ARCFACE_112), "grey")
    labels = EMOTION_LABELS

    def __init__(self, *script: str) -> None:
        self._script = list(script) or ["happiness"]
        self.count = 0

    def classify(self, crops: FaceCrops) -> EmotionScores:
        probabilities = np.full((len(crops), len(self.labels)), 0.05, np.float32)
        for row in probabilities:
            label = self._script.pop(0) if len(self._script) > 1 else self._script[0]
            row[self.labels.index(label)] = 0.65
        self.count += len(crops)
        return EmotionScores(probabilities, self.labels)


class ScriptedAssessor:
    """Gives every face one quality, which a test may change."""

    def __init__(self, score: float = 0.9, reason: str = "") -> None:
        self.score = score
        self.reason = reason
        self.count = 0

    def assess(self, pixels: Pixels, detections: Detections) -> Quality:
        self.count += len(detections)
        return Quality(np.full(len(detections), self.score, np.float32), (self.reason,) * len(detections))


def faces_at(*boxes: tuple[float, float, float, float], score: float = 0.9) -> Detections:
    """Faces with boxes x1 y1 x2 y2 and landmarks where a face has them."""
    corners = np.array(boxes, np.float32).reshape(-1, 4)
    sizes = corners[:, None, 2:] - corners[:, None, :2]
    return Detections(corners, np.full(len(corners), score, np.float32), corners[:, None, :2] + _LANDMARKS * sizes)


def texture(width: int, height: int, seed: int) -> Picture:
    """Soft noise (height, width, 3) with a structure that can be followed."""
    coarse = np.random.default_rng(seed).integers(0, 256, (max(height // 6, 2), max(width // 6, 2)), np.uint8)
    grey = cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)
    return np.asarray(cv2.cvtColor(grey, cv2.COLOR_GRAY2BGR), np.uint8)


def scene(
    size: tuple[int, int], *places: tuple[int, int], side: int = 60, seed: int = 1, is_hidden: bool = False
) -> KnownPixels:
    """A textured background of ``size`` (width, height) with square faces, each of a texture of its own, at x, y.

    Hidden faces lie behind something grey and smooth, and are still known.
    """
    picture = texture(*size, seed)
    for number, (x, y) in enumerate(places):
        face = np.full((side, side, 3), 128, np.uint8) if is_hidden else texture(side, side, 100 + number)
        picture[y : y + side, x : x + side] = face
    return KnownPixels(picture, faces_at(*((x, y, x + side, y + side) for x, y in places)))


def flat(size: tuple[int, int], greys: Sequence[int], side: int = 60) -> KnownPixels:
    """Faces side by side, each of one grey: a GreyRecogniser sees one person per grey."""
    width, height = size
    picture = np.zeros((height, width, 3), np.uint8)
    boxes = [(20 + number * 2 * side, 20, 20 + number * 2 * side + side, 20 + side) for number in range(len(greys))]
    for (x1, y1, x2, y2), grey in zip(boxes, greys, strict=True):
        picture[max(0, y1 - side) : y2 + side, max(0, x1 - side // 2) : x2 + side // 2] = grey
    return KnownPixels(picture, faces_at(*boxes))


def at(pixels: Pixels, index: int, fps: float = 25.0, camera: str = "door", captured_s: float = 0.0) -> Frame:
    """A picture as the frame of that number of a source."""
    return Frame(camera, index, index / fps, captured_s, pixels)
