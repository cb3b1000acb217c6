"""The messages of the live sockets."""

from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from mien.domain.readings import FaceReading, FrameReading
from mien.engine.serving.news import Phase
from mien.engine.serving.previews import MOST_PER_S
from mien.service.cameras.schemas import Camera
from mien.service.events.schemas import EventShown

CameraName = Annotated[str, StringConstraints(min_length=1, max_length=500)]


class Watch(BaseModel):
    """What a client of ``/live`` wants to hear of from now on, in place of what it asked for before.

    Without ``cameras`` all of them; of each at most ``previews_per_s`` previews, and every reading unless
    ``readings`` is false.
    """

    model_config = ConfigDict(extra="forbid", json_schema_mode_override="validation")

    type: Literal["watch"]
    cameras: list[CameraName] | None = Field(None, max_length=256)
    previews_per_s: float = Field(0.0, ge=0, le=MOST_PER_S, allow_inf_nan=False)
    events: bool = False
    readings: bool = True


class Reading(BaseModel):
    """All faces of one analysed frame: see FrameReading."""

    camera: str
    index: int
    time_s: float
    width: int
    height: int
    latency_s: float
    faces: list[FaceReading]

    @classmethod
    def of(cls, reading: FrameReading) -> Self:
        """What was read."""
        return cls(
            camera=reading.camera,
            index=reading.index,
            time_s=reading.time_s,
            width=reading.width,
            height=reading.height,
            latency_s=reading.latency_s,
            faces=list(reading.faces),
        )


class ReadingMessage(Reading):
    """The newest frame of a camera was analysed; frames between may have been left out."""

    type: Literal["reading"] = "reading"


class StatusMessage(Camera):
    """How a camera is: told when that changes, and its figures now and then."""

    type: Literal["status"] = "status"


class EventMessage(EventShown):
    """Something happened, and is recorded."""

    type: Literal["event"] = "event"


class MissedMessage(BaseModel):
    """So many events were left out, for the client took them too slowly; they are recorded all the same."""

    type: Literal["missed"] = "missed"
    events: int


class EngineMessage(BaseModel):
    """Where the engine is, and what it waits for or died of."""

    type: Literal["engine"] = "engine"
    phase: Phase
    detail: str


class PreviewHeader(BaseModel):
    """What stands before the JPEG in a binary message of ``/live``, behind its own length (uint32, big endian).

    ``width`` and ``height`` (px) are those of the frame, in which readings count; the JPEG may be smaller.
    """

    camera: str
    index: int
    time_s: float
    width: int
    height: int


class BrowserReady(BaseModel):
    """The first message of ``/browser``: frames may come, one at a time, each after the last was acknowledged."""

    type: Literal["ready"] = "ready"
    camera: str
    most_bytes: int
    most_megapixels: float
    most_frames_per_s: float


class AckMessage(BaseModel):
    """A frame was dealt with, counted from 0: what was read of it, or why it was refused."""

    type: Literal["ack"] = "ack"
    frame: int
    reading: Reading | None = None
    refused: str = ""


MESSAGES: tuple[type[BaseModel], ...] = (
    Watch,
    ReadingMessage,
    StatusMessage,
    EventMessage,
    MissedMessage,
    EngineMessage,
    PreviewHeader,
    BrowserReady,
    AckMessage,
)
