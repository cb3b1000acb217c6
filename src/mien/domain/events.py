"""What happens to a camera: events, the few things in its picture that are worth remembering, and how it delivers."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal


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
class ExpressionShifted:
    """The apparent expression of one followed face changed, and stayed changed.

    The earlier one had stood for ``held_s`` seconds, in ``earlier_looks`` looks of the network that it led; the new one
    stood for ``stood_s`` when this was told, in ``looks``. ``probabilities`` by label, summing to 1, are those of the
    latest looks, in which the new one leads.
    """

    event_id: str
    at: datetime
    camera: str
    track_id: int
    person_id: str
    from_expression: str
    to_expression: str
    held_s: float
    stood_s: float
    earlier_looks: int
    looks: int
    probabilities: Mapping[str, float]


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


Event = PersonSeen | StrangerSeen | SpoofSuspected | ExpressionShifted | CameraLost | CameraRecovered
EventKind = Literal[
    "person_seen", "stranger_seen", "spoof_suspected", "expression_shifted", "camera_lost", "camera_recovered"
]
EVENT_KINDS: Mapping[EventKind, type[Event]] = {
    "person_seen": PersonSeen,
    "stranger_seen": StrangerSeen,
    "spoof_suspected": SpoofSuspected,
    "expression_shifted": ExpressionShifted,
    "camera_lost": CameraLost,
    "camera_recovered": CameraRecovered,
}
"""What kinds of events are called where they are stored and told."""


def person_in(event: Event) -> str:
    """The id of whom an event is about; empty where it is about nobody."""
    return event.person_id if isinstance(event, PersonSeen | StrangerSeen | ExpressionShifted) else ""


CameraState = Literal["connecting", "online", "stalled", "offline", "disabled"]
"""*stalled*: open but silent; *offline*: it could not be opened and is tried again; *disabled*: by the settings."""


@dataclass(frozen=True, slots=True)
class CameraStatus:
    """One camera at one moment.

    ``online_s`` is the time it delivered so far; ``decoded_fps`` and ``analysed_fps`` are frames per second online,
    ``dropped`` the frames that were decoded but too old to be worth analysing, ``reconnects`` how often it came back.
    """

    name: str
    state: CameraState
    online_s: float = 0.0
    decoded_fps: float = 0.0
    analysed_fps: float = 0.0
    dropped: int = 0
    reconnects: int = 0
