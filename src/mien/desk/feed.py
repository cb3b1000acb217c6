"""What a window shows next: the newest frame of a camera, and the newest that was analysed, with where strangers are.

Cameras and workers leave it here and never wait; whoever draws takes it as often as it likes.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from threading import Event, Lock

from mien.desk.tally import Tally
from mien.domain.frame import Frame
from mien.domain.readings import FrameReading
from mien.results.drawing.blurring import Box, StrangerPlaces
from mien.sources.source import Source


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """A frame that may be shown; ``reading`` is none before anything looked, ``hidden`` where strangers are, px."""

    frame: Frame
    reading: FrameReading | None = None
    hidden: tuple[Box, ...] = ()


class Feed:
    """One camera's frames on their way to the window. It is a ReadingSink, and safe for several threads.

    Of strangers it is known from ``reach`` frames before they were first found where they are: what hides them comes
    so much later. ``offer`` is called with every analysed frame, in the thread of the worker: it must not wait.
    """

    def __init__(self, reach: int) -> None:
        self.tally = Tally()
        self.offer: Callable[[Frame], None] = lambda _: None
        self.is_shown = Event()
        """Set once a picture is on the screen."""
        self._places: StrangerPlaces[Seen] = StrangerPlaces(reach)
        self._lock = Lock()
        self._plain: Seen | None = None
        self._veiled: Seen | None = None
        self._is_analysed = False

    def arrive(self, frame: Frame) -> None:
        """A frame came from the camera: it is shown as long as none was analysed."""
        with self._lock:
            if not self._is_analysed:
                self._plain = Seen(frame)

    def add(self, frame: Frame, reading: FrameReading) -> None:
        """Take one analysed frame."""
        self.tally.add(reading)
        self.offer(frame)
        with self._lock:
            self._is_analysed = True
            self._plain = Seen(frame, reading)
            for one, hidden in self._places.add(self._plain, reading):
                self._veiled = Seen(one.frame, one.reading, hidden)

    def newest(self, *, hides_strangers: bool = False) -> Seen | None:
        """What is to be shown now; none before the first picture.

        As long as it is not known where strangers are, it is a frame that nobody has looked at.
        """
        with self._lock:
            if not hides_strangers or self._plain is None:
                return self._plain
            return self._veiled or Seen(self._plain.frame)


class Told:
    """A source of whose frames a feed is told, whoever else takes them."""

    def __init__(self, source: Source, feed: Feed) -> None:
        self._source = source
        self._feed = feed
        self.name = source.name
        self.is_live = source.is_live
        self.is_still = source.is_still
        self.frame_rate = source.frame_rate
        self.frame_count = source.frame_count

    def frames(self) -> Iterator[Frame]:
        for frame in self._source.frames():
            self._feed.arrive(frame)
            yield frame

    def close(self) -> None:
        self._source.close()
