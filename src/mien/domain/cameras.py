"""What is known about a camera from outside: whether it delivers, how fast, and how much was left out."""

from dataclasses import dataclass
from typing import Literal

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
