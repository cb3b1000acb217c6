"""What there is to tell of cameras, and what somebody wants to hear of it."""

from dataclasses import dataclass, field, replace
from typing import Generic, Literal, TypeVar

from mien.domain.events import CameraStatus, Event
from mien.domain.readings import FrameReading
from mien.engine.serving.previews import Preview

Phase = Literal["preparing", "running", "failed", "closed"]
Value = TypeVar("Value", covariant=True)


@dataclass(frozen=True, slots=True)
class EngineState:
    """Where the engine is, and what it waits for or died of: ``detail`` for everybody.

    ``cause`` is the error's own sentence, which may name places on the machine: for admins alone.
    """

    phase: Phase
    detail: str = ""
    cause: str = ""


@dataclass(frozen=True, slots=True)
class NamedEvent:
    """An event, with the name of the person it is about: empty for strangers and where it is about nobody."""

    event: Event
    person_name: str = ""


@dataclass(frozen=True, slots=True)
class NamedStatus:
    """A camera's status, and why it is not online, or empty."""

    status: CameraStatus
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Missed:
    """So many events came while there was no room for them."""

    events: int


@dataclass(frozen=True, slots=True)
class News(Generic[Value]):
    """The newest of something, numbered in the order in which anything was told."""

    number: int
    value: Value


@dataclass(slots=True)
class Board:
    """The newest of everything, by camera; whoever is ``forgotten`` is shown to nobody."""

    readings: dict[str, News[FrameReading]] = field(default_factory=dict)
    previews: dict[str, News[Preview]] = field(default_factory=dict)
    statuses: dict[str, News[NamedStatus]] = field(default_factory=dict)
    engine: News[EngineState] = field(default_factory=lambda: News(0, EngineState("preparing")))
    forgotten: frozenset[str] = frozenset()

    def may_tell(self, event: Event) -> bool:
        """Whether it is about nobody who was forgotten."""
        return getattr(event, "person_id", "") not in self.forgotten

    def without_forgotten(self, reading: FrameReading) -> FrameReading:
        """A reading in which faces of people who were forgotten are anybody's."""
        if self.forgotten.isdisjoint(face.person_id for face in reading.faces):
            return reading
        faces = (
            replace(face, identity="undecided", person_id="", person_name="", similarity=0.0, margin=0.0)
            if face.person_id in self.forgotten
            else face
            for face in reading.faces
        )
        return replace(reading, faces=tuple(faces), ended=())


Told = News[EngineState] | News[NamedStatus] | News[FrameReading] | News[Preview] | NamedEvent | Missed
"""What a listener takes."""


@dataclass(frozen=True, slots=True)
class Interest:
    """What somebody wants to hear of: cameras (None: all), previews of each in a second, events or none, and readings
    or none."""

    cameras: frozenset[str] | None = None
    previews_per_s: float = 0.0
    events: bool = False
    readings: bool = True

    def includes(self, camera: str) -> bool:
        """Whether it is about a camera."""
        return self.cameras is None or camera in self.cameras
