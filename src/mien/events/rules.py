"""When something is worth telling: state machines over readings and over the state of a camera."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Protocol, TypeVar

from mien.domain.events import CameraLost, CameraRecovered, Event, PersonSeen, SpoofSuspected, StrangerSeen

if TYPE_CHECKING:
    from mien.domain.readings import FaceReading, FrameReading

Key = TypeVar("Key")


@dataclass(frozen=True, slots=True)
class EventSettings:
    """Who was out of view for ``absence_s`` seconds and comes back is told of again.

    A spoof is told of after ``spoof_looks`` looks in a row that judged a face to be one, each under fair conditions.

    An apparent expression has shifted once another one led the distribution of a face by ``shift_lead`` for
    ``shift_hold_s`` seconds on end, in at least ``shift_looks`` looks at views of ``shift_min_quality`` or better.

    The history keeps the readings of ``readings_per_s`` frames a second of each camera (0: of all); a face in all 25
    of a second fills 1 GB a day. Events are looked for in every frame all the same.
    """

    absence_s: float = 60.0
    spoof_looks: int = 3
    shift_hold_s: float = 1.0
    shift_looks: int = 4
    shift_lead: float = 0.3
    shift_min_quality: float = 0.35
    readings_per_s: float = 5.0


class Rules(Protocol):
    """What of one camera's readings is worth telling. Not for several threads at once."""

    def see(self, reading: "FrameReading", at: datetime) -> tuple[Event, ...]:
        """What is new in a frame; absence is counted on the source's own clock."""
        ...


class SightingRules:
    """One camera's visits: each person and each stranger is told of once per visit. Not for several threads at once.

    ``new_id`` makes an id that no event ever had; nobody is told of whose id ``is_ignored``.
    """

    def __init__(
        self, settings: EventSettings, new_id: Callable[[], str], is_ignored: Callable[[str], bool] = lambda _: False
    ) -> None:
        self._settings = settings
        self._new_id = new_id
        self._is_ignored = is_ignored
        self._last_seen_s: dict[str, float] = {}

    def see(self, reading: "FrameReading", at: datetime) -> tuple[Event, ...]:
        self._last_seen_s = _recent(self._last_seen_s, reading.time_s - self._settings.absence_s)
        events: list[Event] = []
        for face in reading.faces:
            if not face.person_id or self._is_ignored(face.person_id):
                continue
            if face.person_id not in self._last_seen_s:
                events.append(self._seen(reading.camera, face, at))
            self._last_seen_s[face.person_id] = reading.time_s
        return tuple(events)

    def _seen(self, camera: str, face: "FaceReading", at: datetime) -> Event:
        kind = PersonSeen if face.identity == "known" else StrangerSeen
        return kind(self._new_id(), at, camera, face.track_id, face.person_id, face.similarity)


class SpoofRules:
    """One camera's spoofs: a face is told of once, and again after it was no suspect for the absence.

    A look that was not fair says nothing; one that judges a face live makes the count begin anew. ``new_id`` makes an
    id that no event ever had.
    """

    def __init__(self, settings: EventSettings, new_id: Callable[[], str]) -> None:
        self._settings = settings
        self._new_id = new_id
        self._looks: dict[int, int] = {}
        self._suspected_s: dict[int | str, float] = {}

    def see(self, reading: "FrameReading", at: datetime) -> tuple[Event, ...]:
        self._suspected_s = _recent(self._suspected_s, reading.time_s - self._settings.absence_s)
        for ended in reading.ended:
            self._looks.pop(ended.track_id, None)
        events: list[Event] = []
        for face in reading.faces:
            if face.identity_source == "carried" or face.liveness_reason or not face.liveness:
                continue  # nobody looked, or not so that it tells anything
            looks = self._looks[face.track_id] = (
                self._looks.get(face.track_id, 0) + 1 if face.liveness == "spoof" else 0
            )
            if looks < self._settings.spoof_looks:
                continue
            whose = {face.track_id, face.person_id or face.track_id}  # the same print may be lost and found again
            if whose.isdisjoint(self._suspected_s):
                events.append(SpoofSuspected(self._new_id(), at, reading.camera, face.track_id, face.liveness_score))
            self._suspected_s |= dict.fromkeys(whose, reading.time_s)
        return tuple(events)


class OutageRules:
    """One camera's outages: each is told of once when it begins and once when it ends.

    ``new_id`` makes an id that no event ever had.
    """

    def __init__(self, camera: str, new_id: Callable[[], str]) -> None:
        self._camera = camera
        self._new_id = new_id
        self._lost_at: datetime | None = None

    def lost(self, reason: str, at: datetime) -> tuple[Event, ...]:
        """The camera delivers nothing; nothing new where that is known."""
        if self._lost_at is not None:
            return ()
        self._lost_at = at
        return (CameraLost(self._new_id(), at, self._camera, reason),)

    def delivered(self, at: datetime) -> tuple[Event, ...]:
        """The camera delivers; nothing new unless it had been lost."""
        if self._lost_at is None:
            return ()
        outage_s = (at - self._lost_at).total_seconds()
        self._lost_at = None
        return (CameraRecovered(self._new_id(), at, self._camera, outage_s),)


def _recent(moments_s: Mapping[Key, float], since_s: float) -> dict[Key, float]:
    return {key: moment_s for key, moment_s in moments_s.items() if moment_s > since_s}
