"""What is told of cameras."""

from typing import Self

from pydantic import BaseModel

from mien.domain.events import CameraState
from mien.engine.serving.news import NamedStatus


class Camera(BaseModel):
    """One camera now: see CameraStatus. ``reason`` says why it is not online, or is empty."""

    name: str
    state: CameraState
    reason: str
    online_s: float
    decoded_fps: float
    analysed_fps: float
    dropped: int
    reconnects: int

    @classmethod
    def of(cls, told: NamedStatus) -> Self:
        """What the engine says of it."""
        one = told.status
        return cls.model_construct(
            name=one.name,
            state=one.state,
            reason=told.reason,
            online_s=one.online_s,
            decoded_fps=one.decoded_fps,
            analysed_fps=one.analysed_fps,
            dropped=one.dropped,
            reconnects=one.reconnects,
        )


class Cameras(BaseModel):
    """Cameras by name, and behind which of them there are more."""

    items: list[Camera]
    next: str | None = None
