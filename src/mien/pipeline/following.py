"""From frames to followed faces: when the detector looks, what carries a face in between, where a shot ends."""

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mien.domain.faces import Detections, TrackedFaces
from mien.domain.frame import Frame
from mien.domain.geometry import iou
from mien.pipeline.finding import SAME_PLACE_IOU, Finder, Refusals
from mien.pipeline.timings import StageTimings
from mien.tracking.cuts import CutDetector
from mien.tracking.follower import Follower, carried
from mien.tracking.tracker import Tracker

MISSED_LOOKS = 2
"""Looks of the detector in a row that may miss a face which the follower still sees: a turned head, a passing hand."""


_LONGEST_GAP_S = 0.15  # faces move too far in longer gaps to be followed optically: the detector looks instead


def confirmed_within(detect_every: int) -> int:
    """The most frames for which a face is reported after the detector saw it."""
    return (1 + MISSED_LOOKS) * detect_every


@dataclass(frozen=True, slots=True)
class Followed:
    """One frame and its faces; ``is_detected`` (n,) is True for those that the detector saw in this very frame.

    ``ended`` are the tracks that will not come back.
    """

    frame: Frame
    faces: TrackedFaces
    is_detected: NDArray[np.bool_]
    ended: tuple[int, ...]


class FaceFollowing:
    """Follows the faces of one camera from frame to frame; one thread at a time.

    The detector looks at the first frame, after ``detect_every`` frames, after a cut or a gap, and whenever a face
    could not be followed surely for two frames running. A face that it misses is followed on until it missed it
    ``MISSED_LOOKS`` times, so every face is one that the detector confirmed within `confirmed_within` frames.

    What the depth refuses starts no track and continues none. A track that the depth showed to be a head before is
    followed on as if the detector had missed it, so that one bad look does not end it; of any other one nothing is
    left. Where something was refused, nothing that the depth cannot judge becomes a face in the next second.
    """

    def __init__(
        self, finder: Finder, tracker: Tracker, follower: Follower, detect_every: int, timings: StageTimings
    ) -> None:
        self._finder = finder
        self._tracker = tracker
        self._follower = follower
        self._cuts = CutDetector()
        self._detect_every = detect_every
        self._timings = timings
        self._luma: NDArray[np.uint8] = np.zeros((0, 0), np.uint8)
        self._size = (0, 0)
        self._time_s = -np.inf
        self._faces = TrackedFaces.empty()
        self._coasting: frozenset[int] = frozenset()
        self._missed: dict[int, int] = {}
        self._frames_since_detection = 0
        self._alive: set[int] = set()
        self._heads: set[int] = set()
        self._refusals = Refusals()

    def follow(self, frame: Frame) -> Followed:
        """The faces of the next frame."""
        pixels = frame.pixels
        with self._timings.stage("follow"):
            luma = pixels.luma(*self._follower.luma_size(pixels.width, pixels.height))
            is_cut = self._cuts.is_cut(luma, frame.time_s)
            # The grey copies of two sizes may be equally large, but the faces are in px of the picture.
            size = (pixels.width, pixels.height)
            is_new_shot = is_cut or size != self._size
            if is_new_shot:
                self._tracker.cut()
                self._faces, self._coasting = TrackedFaces.empty(), frozenset()
                self._refusals = Refusals()
            moved, is_lost = self._moved(frame, luma)
        self._luma, self._size, self._time_s = luma, size, frame.time_s
        self._frames_since_detection += 1
        if is_new_shot or is_lost or self._frames_since_detection >= self._detect_every:
            faces, is_detected = self._detected(frame, moved)
        else:
            faces, is_detected = moved, np.zeros(len(moved), np.bool_)
        self._faces = faces
        return Followed(frame, faces, is_detected, self._ended())

    def _moved(self, frame: Frame, luma: NDArray[np.uint8]) -> tuple[TrackedFaces, bool]:
        """The faces of the last frame where they are now, and whether any of them was lost on the way.

        A face that the follower is not sure of coasts for one frame on its track's motion; then it counts as lost.
        """
        if not len(self._faces):
            return self._faces, False
        if frame.time_s - self._time_s > _LONGEST_GAP_S:
            return TrackedFaces.empty(), True
        scale = luma.shape[1] / frame.pixels.width
        followed, is_sure = self._follower.follow(self._luma, luma, self._faces, scale)
        sure = self._tracker.correct(followed.select(is_sure), frame.time_s)
        unsure = self._faces.select(~is_sure)
        is_lost = np.isin(unsure.track_ids, list(self._coasting))
        coasting = self._tracker.expected(unsure.select(~is_lost))
        self._coasting = frozenset(coasting.track_ids.tolist())
        return TrackedFaces.concat([sure, coasting]), bool(is_lost.any())

    def _detected(self, frame: Frame, moved: TrackedFaces) -> tuple[TrackedFaces, NDArray[np.bool_]]:
        """What the detector sees, and after it what only the follower does."""
        self._frames_since_detection = 0
        found = self._refusals.without(self._finder.find(frame), moved.detections, frame.time_s)
        with self._timings.stage("tracking"):
            detected = self._tracker.update(found.faces, frame.time_s)
            self._heads.update(_tracks_of(found.faces.select(found.is_head), detected))
            faces = carried(detected, _unrefused(moved, found.refused, self._heads))
        is_detected = np.arange(len(faces)) < len(detected)
        self._coasting -= set(detected.track_ids.tolist())
        missed = faces.track_ids[~is_detected].tolist()
        self._missed = {track_id: self._missed.get(track_id, 0) + 1 for track_id in missed}
        is_kept = np.array(
            [self._missed.get(track_id, 0) <= MISSED_LOOKS for track_id in faces.track_ids.tolist()], bool
        )
        return faces.select(is_kept), is_detected[is_kept]

    def _ended(self) -> tuple[int, ...]:
        alive = {int(track_id) for track_id in self._tracker.live_ids}
        ended, self._alive = self._alive - alive, alive
        self._heads &= alive
        return tuple(sorted(ended))


def _tracks_of(faces: Detections, detected: TrackedFaces) -> set[int]:
    """The tracks that some of the detections belong to, whose boxes tracks keep."""
    is_of = (detected.detections.boxes[:, None] == faces.boxes[None]).all(axis=2).any(axis=1)
    return set(detected.track_ids[is_of].tolist())


def _unrefused(moved: TrackedFaces, refused: Detections, heads: Collection[int]) -> TrackedFaces:
    """The followed faces without those that lie where something was refused and were never seen to be heads."""
    if not len(refused):
        return moved
    lies_there = (iou(moved.detections.boxes, refused.boxes) >= SAME_PLACE_IOU).any(axis=1)
    return moved.select(~lies_there | np.isin(moved.track_ids, list(heads)))
