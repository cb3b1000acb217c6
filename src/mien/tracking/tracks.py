"""The tracks of one camera as columns: where each is, since when it was seen, and whether it may be shown."""

import numpy as np
from numpy.typing import NDArray

from mien.domain.faces import Detections, Indices, TrackedFaces
from mien.domain.geometry import Floats, box_sizes
from mien.tracking.association import associate, solver
from mien.tracking.kalman import BoxStates
from mien.tracking.tracker import TrackingSettings


class Tracks:
    """Live tracks in order of their ids, which count up from 1 and are never given out twice."""

    def __init__(self, settings: TrackingSettings) -> None:
        self._settings = settings
        self._last_id = 0
        self._time_s = 0.0
        solver()  # loaded before the first picture, which it would hold up
        self.end_all()

    def __len__(self) -> int:
        return len(self._ids)

    @property
    def ids(self) -> NDArray[np.int64]:
        return self._ids.copy()

    @property
    def boxes(self) -> Floats:
        """Where the tracks are at the latest moment, (n, 4)."""
        return self._states.boxes()

    @property
    def were_clear(self) -> NDArray[np.bool_]:
        """Tracks (n,) that a detection of at least ``start_score`` confirmed within ``max_age_s``."""
        return self._time_s - self._clear_s <= self._settings.max_age_s

    def end_all(self) -> None:
        self._ids = np.zeros(0, np.int64)
        self._states = BoxStates.resting(np.zeros((0, 4), np.float32))
        self._hits = np.zeros(0, np.int64)
        self._is_shown = np.zeros(0, np.bool_)
        self._seen_s = np.zeros(0)
        self._detected_s = np.zeros(0)
        self._clear_s = np.zeros(0)

    def advance(self, time_s: float) -> None:
        """Move every track on to a moment and end those that are too old; a moment in the past counts as no time."""
        self._states = self._states.after(max(0.0, time_s - self._time_s))
        self._time_s = time_s
        self._seen_s = np.minimum(self._seen_s, time_s)
        self._detected_s = np.minimum(self._detected_s, time_s)
        self._clear_s = np.minimum(self._clear_s, time_s)
        is_alive = time_s - self._seen_s <= self._settings.max_age_s
        if not is_alive.all():
            self._keep(is_alive)

    def state(self, row: int) -> BoxStates:
        """What the filter of one track knows, as one row."""
        return self._states.select([row])

    def revise(self, row: int, state: BoxStates) -> None:
        """Replace what the filter of one track knows by one row."""
        self._states = self._states.replaced(row, state)

    def joined(self, assignment: "Assignment", found: Detections, may_start: NDArray[np.bool_]) -> TrackedFaces:
        """Take in what a detector found now: continue tracks, start new ones, and return the faces of those shown."""
        rows = assignment.rows
        continues = rows >= 0
        self._continue(rows[continues], found.select(continues))
        starts = may_start & ~continues
        rows[starts] = len(self) + np.arange(np.count_nonzero(starts))
        self._start(found.select(starts))
        is_reported = rows >= 0
        is_reported[is_reported] = self._is_shown[rows[is_reported]]
        return TrackedFaces(found.select(is_reported), self._ids[rows[is_reported]])

    def followed(self, faces: TrackedFaces) -> TrackedFaces:
        """Move tracks to where a follower saw them and return the faces that it may still follow."""
        rows = np.searchsorted(self._ids, faces.track_ids)
        is_alive = np.isin(faces.track_ids, self._ids)
        is_alive[is_alive] = self._time_s - self._detected_s[rows[is_alive]] <= self._settings.max_followed_s
        rows, faces = rows[is_alive], faces.select(is_alive)
        self._states = self._states.corrected(rows, faces.detections.boxes)
        self._seen_s[rows] = self._time_s
        return faces

    def expected(self, faces: TrackedFaces) -> TrackedFaces:
        """Faces whose track is alive, their boxes and landmarks moved and scaled to where it is expected now."""
        faces = faces.select(np.isin(faces.track_ids, self._ids))
        boxes = self.boxes[np.searchsorted(self._ids, faces.track_ids)]
        found = faces.detections
        zoom = box_sizes(boxes) / np.maximum(box_sizes(found.boxes), np.float32(1e-6))
        from_corner = found.landmarks - found.boxes[:, None, :2]
        landmarks = boxes[:, None, :2] + from_corner * zoom[:, None]
        return TrackedFaces(Detections(boxes, found.scores, landmarks.astype(np.float32)), faces.track_ids)

    def _continue(self, rows: NDArray[np.intp], faces: Detections) -> None:
        self._states = self._states.corrected(rows, faces.boxes)
        self._hits[rows] += 1
        self._is_shown |= self._hits >= self._settings.min_hits
        self._seen_s[rows] = self._detected_s[rows] = self._time_s
        self._clear_s[rows[faces.scores >= self._settings.start_score]] = self._time_s

    def _start(self, faces: Detections) -> None:
        count = len(faces)
        if not count:
            return
        now = np.full(count, self._time_s)
        is_shown = (faces.scores >= self._settings.high_score) | (self._settings.min_hits <= 1)
        self._ids = np.concatenate([self._ids, np.arange(count) + self._last_id + 1])
        self._last_id += count
        self._states = BoxStates.concat(self._states, BoxStates.resting(faces.boxes))
        self._hits = np.concatenate([self._hits, np.ones(count, np.int64)])
        self._is_shown = np.concatenate([self._is_shown, is_shown])
        self._seen_s = np.concatenate([self._seen_s, now])
        self._detected_s = np.concatenate([self._detected_s, now])
        self._clear_s = np.concatenate([self._clear_s, now])

    def _keep(self, which: Indices) -> None:
        self._ids, self._states = self._ids[which], self._states.select(which)
        self._hits, self._is_shown = self._hits[which], self._is_shown[which]
        self._seen_s, self._detected_s, self._clear_s = (
            column[which] for column in (self._seen_s, self._detected_s, self._clear_s)
        )


class Assignment:
    """Which track each of the detections of one moment continues, settled in rounds from the surest to the least."""

    def __init__(self, track_count: int, detection_count: int) -> None:
        self.rows = np.full(detection_count, -1, np.intp)
        """Row of the track that each detection continues or, once joined, has started; -1 for none."""
        self._is_free = np.ones(track_count, np.bool_)

    def settle(self, affinity: Floats, least: float, allowed: NDArray[np.bool_]) -> None:
        """Pair what is still free by ``affinity`` (tracks, detections), detections of the mask ``allowed`` only."""
        tracks = np.flatnonzero(self._is_free)
        found = np.flatnonzero(allowed & (self.rows < 0))
        rows, columns = associate(affinity[np.ix_(tracks, found)], least)
        self.rows[found[columns]] = tracks[rows]
        self._is_free[tracks[rows]] = False
