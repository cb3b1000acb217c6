"""OC-SORT: tracks are led by what was observed of them, and not by what their filter came to believe meanwhile."""

from collections import deque
from dataclasses import dataclass
from math import pi

import numpy as np
from numpy.typing import NDArray

from mien.domain.faces import Detections, TrackedFaces
from mien.domain.geometry import Floats, box_centres, iou
from mien.tracking.kalman import BoxStates
from mien.tracking.tracker import TrackingSettings
from mien.tracking.tracks import Assignment, Tracks

_MOMENTUM_S = 0.12  # the paper's three frames, over which a direction shows through the noise of single boxes
_MOMENTUM_WEIGHT = 0.2  # the paper's
_VIRTUAL_STEP_S = 0.04  # a frame of the videos that the paper is about


@dataclass(frozen=True, slots=True)
class _Observation:
    """Where a track was seen, box (4,), and what its filter knew right then (one row)."""

    time_s: float
    box: Floats
    state: BoxStates


class OcSortTracker:
    """Cao et al., "Observation-Centric SORT: Rethinking SORT for Robust Multi-Object Tracking", CVPR 2023.

    Its three parts: the direction in which a track was seen to move counts in the association (momentum); what is left
    over is offered to the tracks where they were last seen (recovery); and a track that comes back after it was missed
    has its filter led along the straight line between the two sightings, as if it had been seen there (re-update). A
    sighting of the follower is an observation as one of the detector is. But it may as well be one of what hides the
    face, so recovery is tried again where the detector saw the tracks last. Detections below ``start_score`` are not
    looked at; lengths of time are in seconds where the paper's are in frames.
    """

    def __init__(self, settings: TrackingSettings) -> None:
        self._settings = settings
        self._tracks = Tracks(settings)
        self._seen: dict[int, deque[_Observation]] = {}
        self._detected: dict[int, tuple[_Observation, ...]] = {}
        self._time_s = self._before_s = 0.0

    @property
    def live_ids(self) -> NDArray[np.int64]:
        return self._tracks.ids

    def update(self, detections: Detections, time_s: float) -> TrackedFaces:
        self._advance(time_s)
        faces = detections.select(detections.scores >= self._settings.start_score)
        everything = faces.scores >= 0
        assignment = Assignment(len(self._tracks), len(faces))
        overlap = iou(self._tracks.boxes, faces.boxes)
        assignment.settle(
            np.where(overlap >= self._settings.min_iou, overlap + self._agreement(faces), 0), 1e-6, everything
        )
        assignment.settle(iou(self._last_boxes(), faces.boxes), self._settings.min_iou, everything)
        self._recall(assignment, faces)
        self._lead_back(assignment, faces.boxes)
        tracked = self._tracks.joined(assignment, faces, everything)
        self._remember(assignment.rows, faces.boxes)
        detected = self._tracks.ids[assignment.rows].tolist()
        self._detected |= {track_id: tuple(self._seen[track_id]) for track_id in detected}
        return tracked

    def correct(self, faces: TrackedFaces, time_s: float) -> TrackedFaces:
        self._advance(time_s)
        followed = self._tracks.followed(faces)
        self._remember(np.searchsorted(self._tracks.ids, followed.track_ids), followed.detections.boxes)
        return followed

    def expected(self, faces: TrackedFaces) -> TrackedFaces:
        return self._tracks.expected(faces)

    def cut(self) -> None:
        self._tracks.end_all()
        self._seen.clear()
        self._detected.clear()

    def _advance(self, time_s: float) -> None:
        if time_s != self._time_s:
            self._before_s, self._time_s = self._time_s, time_s
        self._tracks.advance(time_s)
        alive = self._tracks.ids.tolist()
        self._seen = {track_id: self._seen[track_id] for track_id in alive}
        self._detected = {track_id: self._detected[track_id] for track_id in alive}

    def _last_boxes(self) -> Floats:
        """Where each track was seen last, (n, 4)."""
        return np.array([seen[-1].box for seen in self._seen.values()], np.float32).reshape(-1, 4)

    def _agreement(self, faces: Detections) -> Floats:
        """By how much each detection (tracks, detections) lies in the direction that its track was seen to move in.

        The paper's weight × score × angle, up to ± half the weight; 0 for a track that was seen only once.
        """
        earlier = np.array([seen[0].box for seen in self._seen.values()], np.float32).reshape(-1, 4)
        start = box_centres(earlier)
        moved, onward = box_centres(self._last_boxes()) - start, box_centres(faces.boxes)[None] - start[:, None]
        lengths = np.linalg.norm(moved, axis=1)[:, None] * np.linalg.norm(onward, axis=2)
        cosine = np.einsum("nd,nmd->nm", moved, onward) / np.maximum(lengths, 1e-6)
        angle = np.where(lengths > 0, np.arccos(np.clip(cosine, -1, 1)), pi / 2)
        agreement: Floats = (_MOMENTUM_WEIGHT * faces.scores * (pi / 2 - angle) / pi).astype(np.float32)
        return agreement

    def _lead_back(self, assignment: Assignment, boxes: Floats) -> None:
        """Give tracks that were missed and are found again the state of a filter that saw them on the way."""
        seen = list(self._seen.values())
        for found in np.flatnonzero(assignment.rows >= 0):
            row = assignment.rows[found]
            last = seen[row][-1]
            steps = round((self._time_s - last.time_s) / _VIRTUAL_STEP_S)
            if last.time_s >= self._before_s or steps < 2:
                continue
            state, step_s = last.state, (self._time_s - last.time_s) / steps
            for step in range(1, steps):
                between = last.box + np.float32(step / steps) * (boxes[found] - last.box)
                state = state.after(step_s).corrected([0], between[None])
            self._tracks.revise(row, state.after(step_s))

    def _remember(self, rows: NDArray[np.intp], boxes: Floats) -> None:
        """Note where tracks were seen just now; of what went before, the last moment that is old enough is kept."""
        ids = self._tracks.ids
        for row, box in zip(rows.tolist(), boxes, strict=True):
            if row < 0:
                continue
            seen = self._seen.setdefault(int(ids[row]), deque())
            seen.append(_Observation(self._time_s, box, self._tracks.state(row)))
            while len(seen) > 1 and abs(self._time_s - seen[1].time_s) >= _MOMENTUM_S:
                seen.popleft()

    def _recall(self, assignment: Assignment, faces: Detections) -> None:
        """Offer what is left over to tracks where the detector saw them last, and forget what was seen since."""
        boxes = np.array([seen[-1].box for seen in self._detected.values()], np.float32).reshape(-1, 4)
        is_left = assignment.rows < 0
        assignment.settle(iou(boxes, faces.boxes), self._settings.min_iou, is_left)
        for row in assignment.rows[is_left & (assignment.rows >= 0)]:
            track_id = int(self._tracks.ids[row])
            self._seen[track_id] = deque(self._detected[track_id])
