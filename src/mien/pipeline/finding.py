"""Which faces a frame shows: what the detector sees, less what the depth of the frame says is no head."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from mien.domain.faces import Detections
from mien.domain.frame import Frame, Pixels
from mien.domain.geometry import box_sizes
from mien.domain.landmarks import ARCFACE_112
from mien.pipeline.timings import StageTimings
from mien.vision.depth.gate import DepthGate
from mien.vision.detection.detector import Detector


@dataclass(frozen=True, slots=True)
class Found:
    """The faces of a frame, which of them (n,) the depth showed to be heads, and what it refused."""

    faces: Detections
    is_head: NDArray[np.bool_]
    refused: Detections


class Finder(Protocol):
    """Finds the faces of a frame. Safe to call from several threads at once."""

    def find(self, frame: Frame) -> Found:
        """The faces, best score first, and what was taken for a face and is none."""
        ...


class FaceFinder:
    """A detector and what judges its detections, if anything does; frames without depth are left to the detector."""

    def __init__(self, detector: Detector, gate: DepthGate | None, timings: StageTimings) -> None:
        self._detector = detector
        self._gate = gate
        self._timings = timings

    def find(self, frame: Frame) -> Found:
        with self._timings.stage("detection"):
            faces = self._detector.detect(frame.pixels)
        if self._gate is None or frame.depth_mm is None or not len(faces):
            return _unjudged(faces)
        with self._timings.stage("depth"):
            verdicts = self._gate.judge(faces, frame.depth_mm, (frame.pixels.width, frame.pixels.height))
            kept = ~verdicts.is_refused
            return Found(faces.select(kept), verdicts.is_head[kept], faces.select(verdicts.is_refused))


class CropFinder:
    """Finds the one face of a picture that was cut out already: the largest that is found in it, or the whole of it.

    One in which none is found is taken for a crop that is aligned as ArcFace has it, with a score of 0.
    """

    def __init__(self, detector: Detector, timings: StageTimings) -> None:
        self._detector = detector
        self._timings = timings

    def find(self, frame: Frame) -> Found:
        with self._timings.stage("detection"):
            found = self._detector.detect(frame.pixels)
        if not len(found):
            return _unjudged(_aligned(frame.pixels))
        return _unjudged(found.select([int(np.prod(box_sizes(found.boxes), axis=1).argmax())]))


def _unjudged(faces: Detections) -> Found:
    return Found(faces, np.zeros(len(faces), np.bool_), Detections.empty())


def _aligned(pixels: Pixels) -> Detections:
    """The face of a picture that was aligned: the whole of it, landmarks where ArcFace has them."""
    size = np.array([pixels.width, pixels.height], np.float32)
    box = np.array([[0, 0, pixels.width, pixels.height]], np.float32)
    landmarks = np.asarray(np.array([ARCFACE_112], np.float32) / 112 * size, np.float32)
    return Detections(box, np.zeros(1, np.float32), landmarks)
