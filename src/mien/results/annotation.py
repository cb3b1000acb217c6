"""The annotated pictures of one source: whom they show, what is drawn onto them, and how fast they came."""

from collections.abc import Iterable

from mien.domain.frame import Frame
from mien.domain.readings import FrameReading
from mien.results.drawing.blurring import Shown, StrangerBlur
from mien.results.drawing.depth_view import DepthView
from mien.results.drawing.overlay import Overlay, Parts
from mien.results.video import AnnotatedFrames

_RATE_WEIGHT = 0.1  # of the newest frame in the frame rate that is shown


class Annotation:
    """Draws the readings of one source and writes the pictures. One thread at a time."""

    def __init__(
        self, frames: AnnotatedFrames, blur: StrangerBlur | None, parts: Parts, depth_view: DepthView | None = None
    ) -> None:
        self._frames = frames
        self._blur = blur
        self._parts = parts
        self._depth_view = depth_view
        self._overlay = Overlay()
        self._before_s: float | None = None
        self._frames_per_s = 0.0

    def add(self, frame: Frame, reading: FrameReading) -> None:
        """Take one analysed frame; raises ResultError."""
        self._measure_rate(frame.captured_s)
        shown = Shown(frame.pixels.bgr(), reading, self._frames_per_s, frame.depth_mm)
        self._show(self._blur.add(shown) if self._blur else (shown,))

    def finish(self) -> None:
        """Show what is held back and complete the files under their temporary names; raises ResultError."""
        if self._blur:
            self._show(self._blur.finish())
        self._frames.close()

    def _show(self, ready: Iterable[Shown]) -> None:
        for one in ready:
            picture = self._overlay.draw(one.picture, one.reading, one.frames_per_s, self._parts)
            if self._depth_view is not None:
                picture = self._depth_view.beside(picture, one.depth_mm)
            self._frames.write(picture, one.reading.time_s)

    def _measure_rate(self, captured_s: float) -> None:
        """Frames per second at which the source delivered lately."""
        if self._before_s is not None and captured_s > self._before_s:
            rate = 1 / (captured_s - self._before_s)
            known = self._frames_per_s or rate
            self._frames_per_s = 1 / ((1 - _RATE_WEIGHT) / known + _RATE_WEIGHT / rate)
        self._before_s = captured_s
