"""Who is the same face over time: the protocol every tracker fulfils, and its settings."""

from dataclasses import dataclass
from typing import Literal, Protocol

from mien.domain.faces import Detections, TrackedFaces


@dataclass(frozen=True, slots=True)
class TrackingSettings:
    """How faces are joined over time.

    ``max_age_s``: a track not seen for so long has ended. ``min_hits``: detections before a track is reported, when
    the first was of low score. ``high_score`` and ``low_score`` are ByteTrack's two thresholds on the detection
    score; ``min_iou`` is the least overlap of a predicted and a found box in the first association.
    """

    method: Literal["bytetrack", "sort"] = "bytetrack"
    max_age_s: float = 1.0
    min_hits: int = 2
    high_score: float = 0.7
    low_score: float = 0.3
    min_iou: float = 0.2


class Tracker(Protocol):
    """Follows the faces of one camera. Not for several threads at once; ids count up from 1 and are never reused."""

    def update(self, detections: Detections, time_s: float) -> TrackedFaces:
        """Join what the detector found at a moment to the tracks, and return the faces that belong to one."""
        ...

    def correct(self, faces: TrackedFaces, time_s: float) -> TrackedFaces:
        """Move tracks to where a follower saw them at a moment between detections; never starts a track.

        Returns those of ``faces`` whose track is alive.
        """
        ...

    def cut(self) -> None:
        """End every track: the picture changed at once (a cut in a film, a camera that was reopened)."""
        ...
