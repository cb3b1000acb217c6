"""ByteTrack: detections of low score continue tracks that those of high score left over."""

import numpy as np
from numpy.typing import NDArray

from mien.domain.faces import Detections, TrackedFaces
from mien.domain.geometry import iou
from mien.tracking.association import buffered_iou
from mien.tracking.tracker import TrackingSettings
from mien.tracking.tracks import Assignment, Tracks

_LOW_SCORE_MIN_IOU = 0.5  # the paper's: a doubtful box must lie where the track is expected
_BUFFER = 0.5  # the larger of the two of the buffered-IoU paper


class ByteTracker:
    """Zhang et al., "ByteTrack: Multi-Object Tracking by Associating Every Detection Box", ECCV 2022.

    After its two rounds, detections good enough to start a track are offered once more to the tracks left over, by
    overlap of grown boxes: faces are small and move by more than their size between two looks. Ages are in seconds.
    """

    def __init__(self, settings: TrackingSettings) -> None:
        self._settings = settings
        self._tracks = Tracks(settings)

    @property
    def live_ids(self) -> NDArray[np.int64]:
        return self._tracks.ids

    def update(self, detections: Detections, time_s: float) -> TrackedFaces:
        self._tracks.advance(time_s)
        expected, found = self._tracks.boxes, detections.boxes
        is_high = detections.scores >= self._settings.high_score
        is_low = ~is_high & (detections.scores >= self._settings.low_score)
        may_start = detections.scores >= self._settings.start_score
        overlap = iou(expected, found)
        assignment = Assignment(len(expected), len(found))
        assignment.settle(overlap, self._settings.min_iou, is_high)
        is_credible = self._tracks.were_clear[:, None] | may_start
        assignment.settle(np.where(is_credible, overlap, np.float32(0)), _LOW_SCORE_MIN_IOU, is_low)
        assignment.settle(buffered_iou(expected, found, _BUFFER), self._settings.min_iou, may_start)
        return self._tracks.joined(assignment, detections, may_start)

    def correct(self, faces: TrackedFaces, time_s: float) -> TrackedFaces:
        self._tracks.advance(time_s)
        return self._tracks.followed(faces)

    def expected(self, faces: TrackedFaces) -> TrackedFaces:
        return self._tracks.expected(faces)

    def cut(self) -> None:
        self._tracks.end_all()
