"""Pictures of cameras for those who look on: made once for all of them, and only while somebody does."""

import logging
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from threading import Condition, Lock, Thread
from types import TracebackType
from typing import Self

import cv2

from mien.domain.clock import Clock
from mien.domain.errors import SourceError
from mien.domain.frame import Frame
from mien.domain.readings import FrameReading
from mien.engine.serving.pace import Pace
from mien.results.drawing.blurring import Box, StrangerPlaces, blurred

MOST_PER_S = 10.0
"""Previews of one camera in a second."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Preview:
    """What a camera shows: the number and time of the frame, its size (px), and a JPEG that may be smaller."""

    camera: str
    index: int
    time_s: float
    width: int
    height: int
    jpeg: bytes


@dataclass(frozen=True, slots=True)
class PreviewSettings:
    """How previews are made: at most ``width`` px wide, of a JPEG ``quality`` of 1 to 100.

    What is older than ``stale_s`` is shown to nobody: it may be of yesterday. Of one camera at most ``most_per_s`` are
    made in a second, whoever asks for more; with 0 nothing is ever shown.
    """

    width: int = 960
    quality: int = 78
    most_per_s: float = MOST_PER_S
    stale_s: float = 10.0


@dataclass(frozen=True, slots=True, eq=False)
class _Shot:
    """A frame that may be shown, and who must not be."""

    frame: Frame
    hidden: tuple[Box, ...] = ()


@dataclass(slots=True, eq=False)
class _Booth:
    """One camera's newest frame that may be shown, and the newest preview of it."""

    camera: str
    shot: _Shot | None = None
    preview: Preview | None = None
    pace: Pace = field(default_factory=lambda: Pace(0))
    making: Lock = field(default_factory=Lock)


class PreviewSink:
    """One camera's frames on their way to those who look on; costs its worker next to nothing.

    With ``hides_strangers`` nobody is shown who is not known: frames are then shown ``reach`` frames later.
    """

    def __init__(self, booth: _Booth, came: Callable[[_Booth], None], hides_strangers: bool, reach: int) -> None:
        self._booth = booth
        self._came = came
        self._places: StrangerPlaces[Frame] | None = StrangerPlaces(reach) if hides_strangers else None

    def add(self, frame: Frame, reading: FrameReading) -> None:
        """Take one analysed frame."""
        if self._places is None:
            self._booth.shot = _Shot(frame)
        else:
            for one, hidden in self._places.add(frame, reading):
                self._booth.shot = _Shot(one, hidden)
        self._came(self._booth)


class Previews:
    """Makes previews of cameras in a thread of its own while its context is open, at the pace that is asked for."""

    def __init__(
        self, told: Callable[[Preview], None], clock: Clock, settings: PreviewSettings = PreviewSettings()
    ) -> None:
        """``told`` hears of each preview that somebody asked for, in the thread that makes it."""
        self._told = told
        self._clock = clock
        self._settings = settings
        self._booths: dict[str, _Booth] = {}
        self._wanted: dict[object, tuple[Collection[str] | None, float]] = {}
        self._ready: dict[str, _Booth] = {}
        self._changed = Condition()
        self._is_closing = False
        self._faults: set[tuple[str, str]] = set()
        self._thread = Thread(target=self._run, name="previews", daemon=True)

    def sink(self, camera: str, *, hides_strangers: bool = False, reach: int = 0) -> PreviewSink:
        """What is told of a camera's frames; one that there was before is forgotten."""
        booth = _Booth(camera)
        with self._changed:
            self._booths[camera] = booth
            self._set_paces()
        return PreviewSink(booth, self._came, hides_strangers, reach)

    def want(self, who: object, cameras: Collection[str] | None, per_s: float) -> None:
        """Somebody looks at cameras (None: at all of them), and wants so many previews of each in a second."""
        with self._changed:
            self._wanted[who] = cameras, min(max(per_s, 0.0), self._settings.most_per_s)
            self._set_paces()

    def leave(self, who: object) -> None:
        """Somebody looks no more."""
        with self._changed:
            self._wanted.pop(who, None)
            self._set_paces()

    def picture(self, camera: str) -> Preview | None:
        """What a camera shows now, whether or not anybody looks at it; None where it shows nothing.

        However many ask, it is made a few times a second at most. Raises SourceError where it cannot be converted.
        """
        booth = self._booths.get(camera) if self._settings.most_per_s else None
        return self._made(booth) if booth else None

    def _set_paces(self) -> None:
        for booth in self._booths.values():
            fastest = max(
                (per_s for seen, per_s in self._wanted.values() if seen is None or booth.camera in seen), default=0.0
            )
            if booth.pace.per_s != fastest:
                booth.pace = Pace(fastest)

    def _came(self, booth: _Booth) -> None:
        if booth.pace.take(self._clock.monotonic_s()):
            with self._changed:
                self._ready[booth.camera] = booth
                self._changed.notify_all()

    def _run(self) -> None:
        while (booth := self._next()) is not None:
            try:
                preview = self._made(booth)
            except Exception as error:  # a picture that cannot be shown ends no other
                self._note_fault(booth.camera, error)
                continue
            if preview is not None:
                self._told(preview)

    def _next(self) -> _Booth | None:
        with self._changed:
            self._changed.wait_for(lambda: self._is_closing or self._ready)
            return None if self._is_closing else self._ready.pop(next(iter(self._ready)))

    def _made(self, booth: _Booth) -> Preview | None:
        """The preview of the newest frame: made where it is not there yet."""
        with booth.making:
            shot, made = booth.shot, booth.preview
            if shot is None or self._clock.monotonic_s() - shot.frame.captured_s > self._settings.stale_s:
                booth.shot = booth.preview = None
                return None
            if made is None or made.index != shot.frame.index:
                booth.preview = made = self._encoded(shot)
            return made

    def _encoded(self, shot: _Shot) -> Preview:
        frame, pixels = shot.frame, shot.frame.pixels
        scale = min(1.0, self._settings.width / pixels.width)
        picture = pixels.scaled(max(1, round(pixels.width * scale)), max(1, round(pixels.height * scale)))
        if shot.hidden:
            picture = blurred(
                picture, [(x1 * scale, y1 * scale, x2 * scale, y2 * scale) for x1, y1, x2, y2 in shot.hidden]
            )
        _, jpeg = cv2.imencode(".jpg", picture, (cv2.IMWRITE_JPEG_QUALITY, self._settings.quality))
        return Preview(frame.camera, frame.index, frame.time_s, pixels.width, pixels.height, jpeg.tobytes())

    def _note_fault(self, camera: str, error: Exception) -> None:
        is_foreseen = isinstance(error, SourceError)
        fault = camera, str(error) if is_foreseen else type(error).__name__
        if fault not in self._faults:
            self._faults.add(fault)
            _log.warning("%s cannot be shown: %s", camera, error if is_foreseen else repr(error))

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        with self._changed:
            self._is_closing = True
            self._changed.notify_all()
        self._thread.join()
