"""From frames to followed faces: when the detector looks, what carries a face in between, where a shot ends."""

from collections.abc import Collection
from dataclasses import dataclass, field

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

    ``ended`` are the tracks that will not come back. ``refused`` is what the depth says is no face and what no face is
    followed at: it is followed as faces are, by ids of its own, for it may show somebody all the same.
    """

    frame: Frame
    faces: TrackedFaces
    is_detected: NDArray[np.bool_]
    ended: tuple[int, ...]
    refused: TrackedFaces = field(default_factory=TrackedFaces.empty)


class FaceFollowing:
    """Follows the faces of one camera from frame to frame; one thread at a time.

    The detector looks at the first frame, after ``detect_every`` frames, after a cut or a gap, and whenever something
    could not be followed surely for two frames running. A face that it misses is followed on until it missed it
    ``MISSED_LOOKS`` times, so every face is one that the detector confirmed within `confirmed_within` frames.

    What the depth refuses starts no track and continues none. A track that the depth showed to be a head before is
    followed on as if the detector had missed it, so that one bad look does not end it; of any other one nothing is
    left. Where something was refused, nothing that the depth cannot judge becomes a face in the next second.
    """

    def __init__(
        self,
        finder: Finder,
        trackers: tuple[Tracker, Tracker],
        follower: Follower,
        detect_every: int,
        timings: StageTimings,
    ) -> None:
        """``trackers`` are that of the faces, and that of what is refused."""
        self._finder = finder
        self._faces, self._refused = (_Carried(tracker, follower) for tracker in trackers)
        self._follower = follower
        self._cuts = CutDetector()
        self._detect_every = detect_every
        self._timings = timings
        self._luma: NDArray[np.uint8] = np.zeros((0, 0), np.uint8)
        self._size = (0, 0)
        self._time_s = -np.inf
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
                self._faces.cut()
                self._refused.cut()
                self._refusals = Refusals()
            is_gap = frame.time_s - self._time_s > _LONGEST_GAP_S
            is_lost = [kind.move(self._luma, luma, frame, is_gap=is_gap) for kind in (self._faces, self._refused)]
        self._luma, self._size, self._time_s = luma, size, frame.time_s
        self._frames_since_detection += 1
        is_detected = np.zeros(len(self._faces.now), np.bool_)
        if is_new_shot or any(is_lost) or self._frames_since_detection >= self._detect_every:
            is_detected = self._look(frame)
        faces = self._faces.now
        return Followed(frame, faces, is_detected, self._ended(), _apart(self._refused.now, faces))

    def _look(self, frame: Frame) -> NDArray[np.bool_]:
        """Let the detector look; which of the faces (n,) it sees."""
        self._frames_since_detection = 0
        found = self._refusals.without(self._finder.find(frame), self._faces.now.detections, frame.time_s)
        with self._timings.stage("tracking"):
            detected = self._faces.update(found.faces, frame.time_s)
            self._heads.update(_tracks_of(found.faces.select(found.is_head), detected))
            self._faces.drop(_is_refused(self._faces.now, found.refused, self._heads))
            self._refused.join(self._refused.update(found.refused, frame.time_s))
            return self._faces.join(detected)

    def _ended(self) -> tuple[int, ...]:
        alive = {int(track_id) for track_id in self._faces.live_ids}
        ended, self._alive = self._alive - alive, alive
        self._heads &= alive
        return tuple(sorted(ended))


class _Carried:
    """What one tracker tracks, and where all of it is now; in between looks of the detector it moves as its pixels do.

    Where there is nothing, as of what is refused where there is no depth, it costs next to nothing.
    """

    def __init__(self, tracker: Tracker, follower: Follower) -> None:
        self.now = TrackedFaces.empty()
        self._tracker = tracker
        self._follower = follower
        self._coasting: frozenset[int] = frozenset()
        self._missed: dict[int, int] = {}

    @property
    def live_ids(self) -> NDArray[np.int64]:
        """The tracks that have not ended."""
        return self._tracker.live_ids

    def cut(self) -> None:
        """The picture changed at once: nothing of it is left."""
        self._tracker.cut()
        self.now, self._coasting = TrackedFaces.empty(), frozenset()

    def move(self, before: NDArray[np.uint8], luma: NDArray[np.uint8], frame: Frame, *, is_gap: bool) -> bool:
        """Move it to where it is in a frame, from where it was in the one before; whether any was lost on the way.

        What the follower is not sure of coasts for one frame on its track's motion; then it counts as lost.
        """
        if not len(self.now):
            return False
        if is_gap:
            self.now = TrackedFaces.empty()
            return True
        followed, is_sure = self._follower.follow(before, luma, self.now, luma.shape[1] / frame.pixels.width)
        sure = self._tracker.correct(followed.select(is_sure), frame.time_s)
        unsure = self.now.select(~is_sure)
        is_lost = np.isin(unsure.track_ids, list(self._coasting))
        coasting = self._tracker.expected(unsure.select(~is_lost))
        self._coasting = frozenset(coasting.track_ids.tolist())
        self.now = TrackedFaces.concat([sure, coasting])
        return bool(is_lost.any())

    def update(self, detections: Detections, time_s: float) -> TrackedFaces:
        """Track what the detector found at a moment."""
        return self._tracker.update(detections, time_s)

    def drop(self, is_dropped: NDArray[np.bool_]) -> None:
        """Follow some of it (n,) no further."""
        self.now = self.now.select(~is_dropped)

    def join(self, detected: TrackedFaces) -> NDArray[np.bool_]:
        """Put what the detector sees before what only the follower does; which of all that is now (n,) it sees."""
        faces = carried(detected, self.now)
        is_detected = np.arange(len(faces)) < len(detected)
        self._coasting -= set(detected.track_ids.tolist())
        missed = faces.track_ids[~is_detected].tolist()
        self._missed = {track_id: self._missed.get(track_id, 0) + 1 for track_id in missed}
        is_kept = np.array(
            [self._missed.get(track_id, 0) <= MISSED_LOOKS for track_id in faces.track_ids.tolist()], bool
        )
        self.now = faces.select(is_kept)
        is_seen: NDArray[np.bool_] = is_detected[is_kept]
        return is_seen


def _tracks_of(faces: Detections, detected: TrackedFaces) -> set[int]:
    """The tracks that some of the detections belong to, whose boxes tracks keep."""
    is_of = (detected.detections.boxes[:, None] == faces.boxes[None]).all(axis=2).any(axis=1)
    return set(detected.track_ids[is_of].tolist())


def _is_refused(moved: TrackedFaces, refused: Detections, heads: Collection[int]) -> NDArray[np.bool_]:
    """Which of the followed faces (n,) lie where something was refused and were never seen to be heads."""
    lies_there = (iou(moved.detections.boxes, refused.boxes) >= SAME_PLACE_IOU).any(axis=1)
    is_refused: NDArray[np.bool_] = lies_there & ~np.isin(moved.track_ids, list(heads))
    return is_refused


def _apart(refused: TrackedFaces, faces: TrackedFaces) -> TrackedFaces:
    """What was refused, less that at which a face is followed: one bad look at a head is no second face."""
    if not len(refused):
        return refused
    overlap = iou(refused.detections.boxes, faces.detections.boxes)
    is_face = np.asarray((overlap >= SAME_PLACE_IOU).any(axis=1), np.bool_)
    return refused.select(~is_face)
