"""Which faces a frame shows: what the detector sees, less what the depth of the frame says is no head."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from mien.domain.faces import Detections
from mien.domain.frame import Frame, Pixels
from mien.domain.geometry import box_sizes, iou
from mien.domain.landmarks import ARCFACE_112
from mien.pipeline.timings import StageTimings
from mien.vision.depth.gate import DepthGate
from mien.vision.detection.detector import Detector

SAME_PLACE_IOU = 0.4
"""Of what was refused at one look of the detector and is there at the next."""

_REMEMBERED_S = 1.0  # so long is known where something was refused


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


class Refusals:
    """Where the depth refused something lately: what cannot be judged there is what was refused, not a face."""

    def __init__(self) -> None:
        self._places = np.zeros((0, 4), np.float32)
        self._times_s = np.zeros(0)

    def without(self, found: Found, followed: Detections, time_s: float) -> Found:
        """What was found, less what is not seen to be a head where something was refused and no face is followed."""
        is_young = (self._times_s <= time_s) & (time_s - self._times_s <= _REMEMBERED_S)  # another source begins at 0
        self._places, self._times_s = self._places[is_young], self._times_s[is_young]
        if not len(found.refused) and not len(self._places):
            return found
        boxes = found.faces.boxes
        is_old = (iou(boxes, self._places) >= SAME_PLACE_IOU).any(axis=1) & ~found.is_head
        is_followed = (iou(boxes, followed.boxes) >= SAME_PLACE_IOU).any(axis=1)
        is_kept = ~is_old | is_followed
        again = found.faces.select(~is_kept)
        self._remember(found, again, time_s)
        return Found(found.faces.select(is_kept), found.is_head[is_kept], Detections.concat([found.refused, again]))

    def _remember(self, found: Found, again: Detections, time_s: float) -> None:
        """The places of now, and those of before where nothing was refused now: what moves is known by its new one.

        What is refused for its place alone stays as old as the last judgement of it.
        """
        known = iou(again.boxes, self._places)
        ages = np.where(known >= SAME_PLACE_IOU, self._times_s, -np.inf).max(axis=1, initial=-np.inf)
        new = np.concatenate([found.refused.boxes, again.boxes])
        left = ~(iou(self._places, new) >= SAME_PLACE_IOU).any(axis=1)
        self._times_s = np.concatenate([np.full(len(found.refused), time_s), ages, self._times_s[left]])
        self._places = np.concatenate([new, self._places[left]])


class WaryFinder:
    """Finds the faces of frames of which nobody is followed; one thread at a time.

    Where something was refused, nothing that the depth cannot judge is a face in the next second.
    """

    def __init__(self, finder: Finder) -> None:
        self._finder = finder
        self._refusals = Refusals()

    def find(self, frame: Frame) -> Found:
        return self._refusals.without(self._finder.find(frame), Detections.empty(), frame.time_s)


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
