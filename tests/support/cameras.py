"""Sources that deliver what a test has written down: whole lists of frames, and cameras that come and go."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from threading import Event

from tests.support.scripted import KnownPixels

from mien.domain.clock import Clock
from mien.domain.errors import SourceError
from mien.domain.frame import Frame
from mien.sources.source import Source


class ListSource:
    """Frames from a list, after which it ends or breaks off."""

    is_live = False
    frame_rate = 25.0

    def __init__(
        self, frames: Sequence[Frame], failure: Exception | None = None, name: str = "clip", is_still: bool = False
    ) -> None:
        self.name = name
        self.is_still = is_still
        self.frame_count = len(frames)
        self.taken = 0
        self._frames = frames
        self._failure = failure

    def frames(self) -> Iterator[Frame]:
        for frame in self._frames:
            self.taken += 1
            yield frame
        if self._failure is not None:
            raise self._failure

    def close(self) -> None:
        pass


class PacedSource:
    """A camera that delivers a picture again and again, ``count`` times (0: for ever), and then ends its stream."""

    is_live = True
    is_still = False
    frame_count = 0

    def __init__(self, name: str, pixels: KnownPixels, clock: Clock, fps: float = 50.0, count: int = 0) -> None:
        self.name = name
        self.frame_rate = fps
        self._pixels = pixels
        self._clock = clock
        self._count = count
        self._closed = Event()

    def frames(self) -> Iterator[Frame]:
        index = 0
        while not self._closed.wait(1 / self.frame_rate) and (not self._count or index < self._count):
            yield Frame(self.name, index, index / self.frame_rate, self._clock.monotonic_s(), self._pixels)
            index += 1

    def close(self) -> None:
        self._closed.set()


@dataclass
class Script:
    """What the attempts to open a camera come to, one after the other; the last holds for ever."""

    attempts: list[Callable[[], Source] | SourceError]
    opened: int = field(default=0, init=False)

    def reopen(self) -> Source:
        attempt = self.attempts[min(self.opened, len(self.attempts) - 1)]
        self.opened += 1
        if isinstance(attempt, SourceError):
            raise attempt
        return attempt()
