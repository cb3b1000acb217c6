"""Telling who is in view of a source by the classic recogniser: each face that is followed is looked at and named."""

from dataclasses import dataclass, field
from math import inf

import numpy as np

from mien.domain.frame import Frame
from mien.gallery.enrolment.sight import Sight
from mien.gallery.lbph.model import LBPH_CROP, LbphModel
from mien.gallery.lbph.naming import TrackName, TrackVote
from mien.pipeline.camera import Following
from mien.pipeline.following import Followed
from mien.vision.alignment import cut

_PAUSE_S = 0.15  # between two looks at a face: it has hardly changed before


@dataclass(frozen=True, slots=True)
class TrackSeen:
    """One face that was followed, from when to when (s of the source), in how many frames, and who it is.

    ``poor`` is what is wrong with the latest view, which was not looked at, or empty.
    """

    track: int
    from_s: float
    to_s: float
    frames: int
    who: TrackName
    poor: str = ""


@dataclass(frozen=True, slots=True)
class Scene:
    """The faces in view in one frame, and the tracks (numbers) that ended with it."""

    time_s: float
    faces: tuple[TrackSeen, ...]
    ended: tuple[int, ...]


@dataclass(slots=True)
class _Track:
    from_s: float
    to_s: float
    frames: int = 0
    looked_s: float = -inf
    poor: str = ""
    vote: TrackVote = field(default_factory=TrackVote)

    def seen(self, number: int) -> TrackSeen:
        return TrackSeen(number, self.from_s, self.to_s, self.frames, self.vote.name, self.poor)


class ClassicNaming:
    """Follows the faces of one source and names each by the votes of its good views; one thread at a time."""

    def __init__(self, model: LbphModel, sight: Sight, following: Following) -> None:
        self._model = model
        self._sight = sight
        self._following = following
        self._tracks: dict[int, _Track] = {}

    @property
    def tracks(self) -> tuple[TrackSeen, ...]:
        """Every face that was seen, the first to come first."""
        return tuple(track.seen(number) for number, track in self._tracks.items())

    def see(self, frame: Frame) -> Scene:
        """Look at the next frame."""
        followed = self._following.follow(frame)
        numbers = followed.faces.track_ids.tolist()
        for number in numbers:
            track = self._tracks.setdefault(number, _Track(frame.time_s, frame.time_s))
            track.to_s, track.frames = frame.time_s, track.frames + 1
        self._look(followed, [self._tracks[number] for number in numbers])
        faces = tuple(self._tracks[number].seen(number) for number in numbers)
        return Scene(frame.time_s, faces, followed.ended)

    def _look(self, followed: Followed, tracks: list[_Track]) -> None:
        """Let good views vote that the detector found now: only its landmarks are sure enough to cut a face by."""
        frame = followed.frame
        is_due = np.array([frame.time_s - track.looked_s >= _PAUSE_S for track in tracks], np.bool_)
        due = np.flatnonzero(followed.is_detected & is_due)
        if not len(due):
            return
        sight, pixels = self._sight, frame.pixels
        faces = sight.detector.refine(pixels, followed.faces.detections.select(due))
        quality = sight.assessor.assess(pixels, faces)
        crops = cut(pixels, faces, LBPH_CROP).images
        least = sight.settings.min_quality
        for place, score, reason, crop in zip(due, quality.scores, quality.reasons, crops, strict=True):
            track = tracks[place]
            track.poor = "" if score >= least else reason or "not good enough"
            if not track.poor:
                track.looked_s = frame.time_s
                track.vote.add(self._model.predict(crop[..., 0]))
