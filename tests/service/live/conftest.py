"""A hub that tests tell of cameras, and the application over it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pytest
from tests.support.scripted import at, texture
from tests.support.service import Known, service

from mien.domain.clock import SystemClock
from mien.domain.errors import ModelUnavailable, SourceUnreadable
from mien.domain.events import CameraLost, CameraStatus
from mien.domain.readings import FrameReading
from mien.engine.serving.hub import Hub
from mien.engine.serving.news import NamedEvent, NamedStatus
from mien.engine.serving.previews import Previews, PreviewSink
from mien.service.cameras.routes import build as camera_routes
from mien.service.live.routes import LiveTools
from mien.service.live.routes import build as live_routes
from mien.sources.pixels import ArrayPixels

CLOCK = SystemClock()


class Looker:
    """Reads whatever begins with an f."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._frames = 0

    def look(self, jpeg: bytes) -> FrameReading:
        if not jpeg.startswith(b"f"):
            raise SourceUnreadable("the frame cannot be read as a picture: it is of no known kind")
        self._frames += 1
        return FrameReading(self._name, self._frames - 1, 0.0, 640, 480, 0.01, ())


@dataclass
class Lookers:
    """Opens cameras of browsers, and remembers which."""

    is_ready: bool = True
    opened: tuple[tuple[str, bool], ...] = ()
    closed: int = 0

    @contextmanager
    def open(self, name: str, *, is_kept: bool) -> Iterator[Looker]:
        if not self.is_ready:
            raise ModelUnavailable("this has to wait: models are being loaded")
        self.opened += ((name, is_kept),)
        yield Looker(name)
        self.closed += 1


class Stage:
    """Cameras that do as a test says, and the application that tells of them."""

    def __init__(self, previews: Previews, hub: Hub, cores: int = 2) -> None:
        self.hub = hub
        self.previews = previews
        self.known = Known()
        self.lookers = Lookers()
        tools = LiveTools(hub, previews, self.lookers, self.known, cores)
        self.app = service(camera_routes(hub, previews), live_routes(tools), credentials=self.known)
        self._sinks: dict[str, PreviewSink] = {}
        self._index = 0

    def see(self, camera: str = "door") -> FrameReading:
        """A camera delivers a frame, and it is analysed."""
        self._index += 1
        reading = FrameReading(camera, self._index, self._index / 5, 160, 120, 0.02, ())
        sink = self._sinks.setdefault(camera, self.previews.sink(camera))
        frame = at(ArrayPixels(texture(160, 120, 1)), self._index, 5.0, camera, CLOCK.monotonic_s())
        sink.add(frame, reading)
        self.hub.tell_reading(reading)
        return reading

    def status(self, *names: str) -> None:
        """Cameras are online."""
        self.hub.tell_statuses([NamedStatus(CameraStatus(name, "online", 9.0, 25.0, 5.0)) for name in names], 0.0)

    def happen(self, *numbers: int) -> None:
        """Cameras are lost."""
        self.hub.tell_events(
            [NamedEvent(CameraLost(f"event-{number}", CLOCK.now(), "door", "gone")) for number in numbers]
        )


@pytest.fixture
def stage() -> Iterator[Stage]:
    hub = Hub()
    with Previews(hub.tell_preview, CLOCK) as previews:
        yield Stage(previews, hub)
