"""One camera's way from frames to readings: following, then reading, with all that is remembered in between."""

from typing import Protocol

import numpy as np

from mien.domain.faces import Detections, TrackedFaces
from mien.domain.frame import Frame, Pixels
from mien.domain.geometry import box_sizes
from mien.domain.landmarks import ARCFACE_112
from mien.domain.readings import FrameReading, TrackEnd
from mien.pipeline.following import Followed
from mien.pipeline.reading import FrameReader
from mien.pipeline.timings import StageTimings
from mien.vision.detection.detector import Detector


class Following(Protocol):
    """Finds the faces of a source's frames, one frame after the other."""

    def follow(self, frame: Frame) -> Followed:
        """The faces of the next frame."""
        ...


class StillFollowing:
    """Unrelated pictures: every face of every picture is a track of its own, which ends with the picture."""

    def __init__(self, detector: Detector, timings: StageTimings) -> None:
        self._detector = detector
        self._timings = timings
        self._ids = np.zeros(0, np.int64)
        self._last_id = 0

    def follow(self, frame: Frame) -> Followed:
        """The faces of the next picture."""
        with self._timings.stage("detection"):
            found = self._find(frame.pixels)
        ended, self._ids = self._ids, self._last_id + 1 + np.arange(len(found), dtype=np.int64)
        self._last_id += len(found)
        is_detected = np.ones(len(found), np.bool_)
        return Followed(frame, TrackedFaces(found, self._ids), is_detected, tuple(int(track) for track in ended))

    def _find(self, pixels: Pixels) -> Detections:
        return self._detector.detect(pixels)


class CropFollowing(StillFollowing):
    """Faces that were cut out already, each a picture of its own: the largest that is found in it, or the whole of it.

    One in which none is found is taken for a crop that is aligned as ArcFace has it, with a score of 0.
    """

    def _find(self, pixels: Pixels) -> Detections:
        found = super()._find(pixels)
        if not len(found):
            return _aligned(pixels)
        return found.select([int(np.prod(box_sizes(found.boxes), axis=1).argmax())])


def _aligned(pixels: Pixels) -> Detections:
    """The face of a picture that was aligned: the whole of it, landmarks where ArcFace has them."""
    size = np.array([pixels.width, pixels.height], np.float32)
    box = np.array([[0, 0, pixels.width, pixels.height]], np.float32)
    landmarks = np.asarray(np.array([ARCFACE_112], np.float32) / 112 * size, np.float32)
    return Detections(box, np.zeros(1, np.float32), landmarks)


class CameraPipeline:
    """The two halves of the way; ``follow`` of the next frame may run while ``read`` of this one does."""

    def __init__(self, following: Following, reader: FrameReader) -> None:
        self._following = following
        self._reader = reader

    def follow(self, frame: Frame) -> Followed:
        """First half, one thread at a time, frames in order: where the faces are."""
        return self._following.follow(frame)

    def read(self, followed: Followed) -> FrameReading:
        """Second half, one thread at a time, in the same order: what they show."""
        return self._reader.read(followed)

    def process(self, frame: Frame) -> FrameReading:
        """Both halves."""
        return self.read(self.follow(frame))

    def finish(self) -> tuple[TrackEnd, ...]:
        """After the last frame: what the tracks that were still open are."""
        return self._reader.finish()
