"""SORT: a Kalman filter and one assignment by overlap."""

import numpy as np
from numpy.typing import NDArray

from mien.domain.faces import Detections, TrackedFaces
from mien.domain.geometry import iou
from mien.tracking.tracker import TrackingSettings
from mien.tracking.tracks import Assignment, Tracks


class SortTracker:
    """Bewley et al., "Simple Online and Realtime Tracking", ICIP 2016, with ages in seconds.

    Detections below ``start_score`` are not looked at. The filter's state is centre and size of the box where the
    paper's is centre, area and aspect, because a rate of the area does not extrapolate well over
    skipped frames.
    """

    def __init__(self, settings: TrackingSettings) -> None:
        self._settings = settings
        self._tracks = Tracks(settings)

    @property
    def live_ids(self) -> NDArray[np.int64]:
        return self._tracks.ids

    def update(self, detections: Detections, time_s: float) -> TrackedFaces:
        self._tracks.advance(time_s)
        faces = detections.select(detections.scores >= self._settings.start_score)
        assignment = Assignment(len(self._tracks), len(faces))
        assignment.settle(iou(self._tracks.boxes, faces.boxes), self._settings.min_iou, faces.scores >= 0)
        return self._tracks.joined(assignment, faces, faces.scores >= 0)

    def correct(self, faces: TrackedFaces, time_s: float) -> TrackedFaces:
        self._tracks.advance(time_s)
        return self._tracks.followed(faces)

    def expected(self, faces: TrackedFaces) -> TrackedFaces:
        return self._tracks.expected(faces)

    def cut(self) -> None:
        self._tracks.end_all()
