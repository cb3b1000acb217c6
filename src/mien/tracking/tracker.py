"""Who is the same face over time: the protocol every tracker fulfils, and its settings."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Protocol

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from mien.domain.faces import Detections, TrackedFaces


@dataclass(frozen=True, slots=True)
class TrackingSettings:
    """How faces are joined over time.

    ``method``: ``"bytetrack"`` also continues tracks by detections of low score, ``"ocsort"`` bears with faces that are
    hidden while they turn or stop, ``"sort"`` is the plainest.
    ``max_age_s``: a track that neither detector nor follower saw for so long has ended. ``max_followed_s``: a track
    that no detector confirmed for so long is not followed any further, whatever the follower thinks it sees.
    ``high_score`` and ``low_score`` are ByteTrack's two thresholds on the detection score; a detection below
    ``start_score`` never starts a track, and continues one only until ``max_age_s`` after its last clear detection:
    the back of a head scores 0.5 for as long as it is looked at. ``min_hits``: detections before a track is reported,
    when the first was below ``high_score``. ``min_iou`` is the least overlap of a predicted and a found box in the
    first association.
    """

    method: Literal["bytetrack", "sort", "ocsort"] = "bytetrack"
    max_age_s: float = 1.0
    max_followed_s: float = 0.5
    min_hits: int = 2
    high_score: float = 0.7
    start_score: float = 0.6
    low_score: float = 0.3
    min_iou: float = 0.2


@dataclass(frozen=True, slots=True)
class FollowingSettings:
    """``long_side_px``: longer side of the grey copy that faces are followed in; pictures are never enlarged."""

    long_side_px: int = 640


class Tracker(Protocol):
    """Follows the faces of one camera. Not for several threads at once; ids count up from 1 and are never reused.

    Moments are passed in ascending order; one that goes back counts as no time at all.
    """

    @property
    def live_ids(self) -> "NDArray[np.int64]":
        """Ids, ascending, of the tracks that have not ended, reported or not; what is kept per track ends with them."""
        ...

    def update(self, detections: "Detections", time_s: float) -> "TrackedFaces":
        """Join what the detector found at a moment to the tracks, and return the faces that belong to one.

        Boxes, scores and landmarks are those of the detections, in their order.
        """
        ...

    def correct(self, faces: "TrackedFaces", time_s: float) -> "TrackedFaces":
        """Move tracks to where a follower saw them at a moment between detections; never starts a track.

        Returns those of ``faces`` whose track is alive and was detected within ``max_followed_s``.
        """
        ...

    def expected(self, faces: "TrackedFaces") -> "TrackedFaces":
        """Faces moved to where their tracks are expected at the latest moment that was passed in.

        For a face that no follower is sure of, over a frame or two. Those whose track has ended are left out.
        """
        ...

    def cut(self) -> None:
        """End every track: the picture changed at once (a cut in a film, a camera that was reopened)."""
        ...
