"""Readings: what a person sees of one face in one frame, without any picture."""

from dataclasses import dataclass
from typing import Literal

from mien.domain.circumplex import Quadrant, quadrant
from mien.domain.identity import Identity, Match, Undecided, Unknown

IdentityKind = Literal["known", "unknown", "undecided"]
Origin = Literal["measured", "carried"]
ValenceArousalSource = Literal["", "measured", "derived"]
LivenessKind = Literal["", "live", "spoof"]

LIVE_FROM = 0.5  # more likely live than anything else taken together


def liveness_kind(score: float) -> LivenessKind:
    """The word for a score of liveness in [0, 1]."""
    return "live" if score >= LIVE_FROM else "spoof"


def identity_kind(identity: Identity) -> IdentityKind:
    """The word that readings use for an identity."""
    match identity:
        case Match():
            return "known"
        case Unknown():
            return "unknown"
        case Undecided():
            return "undecided"


@dataclass(frozen=True, slots=True)
class FaceReading:
    """One face of one frame.

    ``box`` x1 y1 x2 y2 px; ``landmarks`` five (x, y) px. ``detection_source`` is *measured* where the detector saw
    the face in this very frame and *carried* where the tracker followed it there. ``probabilities`` pairs with
    ``emotion_labels`` and is empty until an expression was measured; ``emotion`` is the likeliest of them, ``""`` where
    ``confidence`` is too little to say anything; ``emotion_smoothed`` is the winner of the confirmation window or
    ``""`` for insufficient evidence, which is not neutral. ``identity_source`` and
    ``emotion_source`` say whether a network ran on this face in this frame or an earlier answer still stands.
    ``similarity`` and ``margin`` are cosines.

    ``valence`` and ``arousal`` in [-1, 1] are *measured* where the expression network has a head for them and *derived*
    where they are the expected position of its distribution on the circumplex; ``valence_arousal_source`` is ``""`` and
    both are 0 until an expression was measured, or where its labels have no position. ``liveness`` is ``""`` where
    nobody asked or looked yet; ``liveness_score`` in [0, 1] is higher for live faces, and ``liveness_reason`` says what
    keeps the judgement from being a fair one, or from being made, or is empty. ``pose`` is yaw, pitch and roll in
    degrees (see HeadPose), or empty until it was estimated.

    ``is_ignored`` where nobody wants to hear of this person: so it is as the frame is read, and no history keeps it.
    """

    track_id: int
    box: tuple[float, float, float, float]
    landmarks: tuple[tuple[float, float], ...]
    detection_score: float
    detection_source: Origin
    identity: IdentityKind
    person_id: str
    person_name: str
    similarity: float
    margin: float
    emotion: str
    confidence: float
    emotion_labels: tuple[str, ...]
    probabilities: tuple[float, ...]
    emotion_smoothed: str
    quality: float
    quality_reason: str
    identity_source: Origin
    emotion_source: Origin
    valence: float = 0.0
    arousal: float = 0.0
    valence_arousal_source: ValenceArousalSource = ""
    liveness: LivenessKind = ""
    liveness_score: float = 0.0
    liveness_reason: str = ""
    pose: tuple[float, ...] = ()
    is_ignored: bool = False

    @property
    def is_unsure(self) -> bool:
        """An expression was measured, and none is likely enough to be said."""
        return bool(self.probabilities) and not self.emotion

    @property
    def confirmed_share(self) -> float | None:
        """Probability of the confirmed expression; None where another is likelier now, so that it would belie it."""
        if not self.emotion_smoothed or self.emotion != self.emotion_smoothed or not self.probabilities:
            return None
        return self.confidence

    @property
    def quadrant(self) -> Quadrant | Literal[""]:
        """What the part of the plane is called in which valence and arousal lie; ``""`` where there are none."""
        return quadrant(self.valence, self.arousal) if self.valence_arousal_source else ""


@dataclass(frozen=True, slots=True)
class TrackEnd:
    """What a track was in the end, with the name of the person (empty for strangers and the undecided).

    ``is_unread`` where the person does not consent to having expressions read, or it may be somebody who does not: none
    of the track's may be kept.
    """

    track_id: int
    identity: Identity
    person_name: str
    is_unread: bool = False


@dataclass(frozen=True, slots=True)
class Refused:
    """What the detector took for a face and the depth shows to be none, or none that is near enough.

    ``box`` x1 y1 x2 y2 px; ``track_id`` is the same from frame to frame, and no track's of a face.
    """

    track_id: int
    box: tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class FrameReading:
    """All faces of one analysed frame; ``latency_s`` from its delivery by the source to this reading.

    ``ended`` are the tracks that are known to be over since the frame before. What they were in the end may differ
    from their last face: two people may turn out to be two while one of them is out of view. ``refused`` is what
    pictures must not show where they show no strangers: it may be somebody in the distance. No table tells of it.
    """

    camera: str
    index: int
    time_s: float
    width: int
    height: int
    latency_s: float
    faces: tuple[FaceReading, ...]
    ended: tuple[TrackEnd, ...] = ()
    refused: tuple[Refused, ...] = ()
