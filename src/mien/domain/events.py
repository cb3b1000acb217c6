"""Events: the few things that happen to a camera's picture that are worth remembering."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class PersonSeen:
    """An enrolled person came into view."""

    event_id: str
    at: datetime
    camera: str
    track_id: int
    person_id: str
    similarity: float


@dataclass(frozen=True, slots=True)
class StrangerSeen:
    """Somebody who is not enrolled came into view, under a stable id."""

    event_id: str
    at: datetime
    camera: str
    track_id: int
    person_id: str
    similarity: float


@dataclass(frozen=True, slots=True)
class SpoofSuspected:
    """A face looked like a print or a screen, several times in a row; the score is that of the latest look."""

    event_id: str
    at: datetime
    camera: str
    track_id: int
    liveness_score: float


@dataclass(frozen=True, slots=True)
class CameraLost:
    """A camera stopped delivering."""

    event_id: str
    at: datetime
    camera: str
    reason: str


@dataclass(frozen=True, slots=True)
class CameraRecovered:
    """A camera delivers again."""

    event_id: str
    at: datetime
    camera: str
    outage_s: float


Event = PersonSeen | StrangerSeen | SpoofSuspected | CameraLost | CameraRecovered
