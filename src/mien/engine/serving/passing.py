"""A camera that sends its frames itself, one by one, and waits for what is read of each."""

from collections.abc import Sequence
from threading import Lock

from mien.domain.clock import Clock
from mien.domain.frame import Frame
from mien.domain.readings import FrameReading
from mien.engine.sinks import ReadingSink
from mien.pipeline.camera import CameraPipeline
from mien.sources.images import decode_picture
from mien.sources.pixels import ArrayPixels

MOST_MEGAPIXELS = 2.1
"""1920×1080 px; browsers are asked for less."""


class PassingCamera:
    """One browser's camera; its frames are read one at a time."""

    def __init__(self, name: str, pipeline: CameraPipeline, clock: Clock, sinks: Sequence[ReadingSink] = ()) -> None:
        self._name = name
        self._pipeline = pipeline
        self._clock = clock
        self._sinks = sinks
        self._began_s = clock.monotonic_s()
        self._index = 0
        self._lock = Lock()

    def look(self, jpeg: bytes) -> FrameReading:
        """What is read of the next frame, whose bytes may be anything; raises SourceUnreadable."""
        with self._lock:
            return self._looked(jpeg)

    def _looked(self, jpeg: bytes) -> FrameReading:
        captured_s = self._clock.monotonic_s()
        pixels = ArrayPixels(decode_picture(jpeg, "the frame", MOST_MEGAPIXELS, ("JPEG",)))
        frame = Frame(self._name, self._index, captured_s - self._began_s, captured_s, pixels)
        self._index += 1
        reading = self._pipeline.process(frame)
        for sink in self._sinks:
            sink.add(frame, reading)
        return reading

    def close(self) -> None:
        """Whoever is in view has been."""
        with self._lock:
            self._pipeline.finish()
