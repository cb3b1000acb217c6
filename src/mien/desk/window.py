"""The window itself: it polls what is newest, draws it as large as there is room, and does what keys ask for."""

import tkinter
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from gc import collect
from threading import Event

import numpy as np

from mien.desk.backstage import Backstage
from mien.desk.display import FIRST_PX
from mien.desk.drawing.layout import Layout
from mien.desk.drawing.notices import Announcer, Notices
from mien.desk.drawing.painting import Look, Painter, Picture, fitted
from mien.desk.enrolment_flow import EnrolmentFlow
from mien.desk.feed import Feed, Seen
from mien.desk.keys import Command, command_of, hints, shown_keys
from mien.desk.screenshots import Screenshots
from mien.desk.sheet import Sheet
from mien.desk.tally import WindowSummary
from mien.domain.clock import Clock
from mien.domain.errors import MienError, SourceUnreachable
from mien.sources.reconnect import CaptureStatistics, LiveCamera

_TICK_MS = 33  # thirty pictures a second
_HINTS_S, _MESSAGE_S = 12.0, 5.0
_RATE_S = 2.0
_EMPTY_GREY = 24
_LOST = ("offline", "stalled")


@dataclass(frozen=True, slots=True)
class WindowSettings:
    """How a window begins: ``must_hide`` where strangers may not be shown, whatever keys say.

    Where it ``is_mirrored`` the pictures are flipped left to right as they are shown, and nowhere else. ``tell`` says
    aside what is also said in the window, and must be heard after it is gone, as is a ``warning`` at the start.
    """

    look: Look = field(default_factory=Look)
    is_fullscreen: bool = False
    must_hide: bool = False
    is_mirrored: bool = False
    depth_range_m: tuple[float, float] = (0.3, 4.0)
    warning: str = ""
    tell: Callable[[str], None] = lambda _: None


@dataclass(frozen=True, slots=True)
class Supply:
    """What a window lives on: a camera that is started already, its frames, and who works for it."""

    camera: LiveCamera
    feed: Feed
    backstage: Backstage
    shots: Screenshots
    clock: Clock


class Window:
    """One camera's window, from its opening to its end. For the main thread only."""

    def __init__(self, root: tkinter.Tk, supply: Supply, settings: WindowSettings, stop: Event) -> None:
        """Takes over a root, to be shown until ``q``, or whoever else sets ``stop``, ends it."""
        self._camera, self._feed, self._backstage = supply.camera, supply.feed, supply.backstage
        self._shots, self._clock = supply.shots, supply.clock
        self._settings = settings
        self._stop = stop
        self._sheet = Sheet(root, f"{self._camera.name} — mien", self._on_key, stop)
        self._failure: Exception | None = None
        self._enrolment = EnrolmentFlow(root, self._feed, self._say)
        self._announcer = Announcer()
        self._painter = Painter(settings.depth_range_m, is_mirrored=settings.is_mirrored)
        self._look = settings.look
        self._is_helping = False
        self._message = ("", 0.0)
        self._began_s = self._first_s = self._clock.monotonic_s()
        self._shown = 0
        self._moments_s: deque[float] = deque()
        self._painted: tuple[Seen, Look, tuple[int, int]] | None = None
        self._picture: Picture | None = None
        self._layout = Layout()
        self._wants_screenshot = False
        self._told: tuple[Picture, Notices, tuple[int, int]] | None = None
        self._commands: Mapping[Command, Callable[[], None]] = {
            "quit": stop.set,
            "plane": lambda: self._switch_reading(replace(self._look, has_plane=not self._look.has_plane)),
            "bars": lambda: self._switch_reading(replace(self._look, has_bars=not self._look.has_bars)),
            "screenshot": self._take_screenshot,
            "fullscreen": self._sheet.toggle_fullscreen,
            "blur": self._toggle_blur,
            "enrol": self._enrol,
            "depth": self._toggle_depth,
            "help": self._toggle_help,
            "back": self._go_back,
        }

    def run(self) -> WindowSummary:
        """Show until it is to stop; raises what kept it from showing anything, or broke it.

        SourceUnreachable where the camera never delivered. What breaks backstage ends it too, and is told there.
        """
        if self._settings.is_fullscreen:
            self._sheet.toggle_fullscreen()
        if self._settings.warning:
            self._warn(self._settings.warning)
        try:
            self._sheet.run(self._tick, _TICK_MS)
        finally:
            self._enrolment.close()
            collect()  # here, while no other thread comes upon what belongs to the toolkit
        if self._failure is not None:
            raise self._failure
        return self._summary()

    def _tick(self) -> None:
        captured = self._camera.statistics()
        if self._backstage.failure is not None:
            self._stop.set()
        elif captured.state in _LOST and not captured.decoded:
            self._failure = SourceUnreachable(captured.reason)
            self._stop.set()
        else:
            self._hear_of_screenshots()
            self._draw(captured)

    def _draw(self, captured: CaptureStatistics) -> None:
        seen = self._feed.newest(hides_strangers=self._look.hides_strangers)
        if seen is not None and not self._feed.is_shown.is_set():
            self._suit(seen)
            self._first_s = self._clock.monotonic_s()
        look = replace(self._look, is_past=captured.state in _LOST)
        picture = self._paint(seen, look) if seen is not None else _nothing(self._sheet.room)
        told = picture, self._notices(captured.reason if look.is_past else None, seen), self._sheet.room
        if self._told is None or told[0] is not self._told[0] or told[1:] != self._told[1:]:
            self._sheet.show(self._announcer.announce(picture, told[1], self._layout))
            self._told = told
        if seen is not None:
            self._feed.is_shown.set()
            self._save_wanted(picture)

    def _suit(self, seen: Seen) -> None:
        """Give the window the shape of what is seen; depth makes it wider, as far as the screen has room."""
        width, height = fitted((seen.frame.pixels.width, seen.frame.pixels.height), FIRST_PX)
        self._sheet.suit(width * (2 if self._look.shows_depth(seen) else 1), height)

    def _paint(self, seen: Seen, look: Look) -> Picture:
        """What is seen, painted anew where anything about it has changed."""
        wanted = seen, look, self._sheet.room
        if self._picture is None or wanted != self._painted:
            if self._painted is None or seen.frame is not self._painted[0].frame:
                self._count()
            self._picture = self._painter.paint(*wanted, self._frames_per_s())
            self._painted, self._layout = wanted, self._painter.layout
        return self._picture

    def _count(self) -> None:
        self._shown += 1
        now_s = self._clock.monotonic_s()
        self._moments_s.append(now_s)
        while self._moments_s[0] < now_s - _RATE_S:
            self._moments_s.popleft()

    def _frames_per_s(self) -> float:
        """Of late; 0 at the beginning."""
        span_s = self._moments_s[-1] - self._moments_s[0] if self._moments_s else 0.0
        return (len(self._moments_s) - 1) / span_s if span_s > _RATE_S / 4 else 0.0

    def _notices(self, lost: str | None, seen: Seen | None) -> Notices:
        """What is to be said; ``lost`` is why the camera is gone, none while it is there."""
        now_s = self._clock.monotonic_s()
        text, until_s = self._message
        message = text if now_s < until_s else ""
        has_depth = seen is not None and seen.frame.depth_mm is not None
        hint = hints(has_depth=has_depth) if now_s < self._began_s + _HINTS_S else ""
        keys = shown_keys() if self._is_helping else ()
        if seen is None:
            return Notices("starting…", message, hint, keys=keys)
        notice = "" if lost is None else f"the camera is gone: {lost}; trying again"
        if not message and seen.reading is None:
            hint = f"loading the models…   {hint}"
        return self._enrolment.look(Notices(notice, message, hint, keys=keys, is_past=lost is not None))

    def _say(self, text: str) -> None:
        self._message = text, self._clock.monotonic_s() + _MESSAGE_S

    def _warn(self, text: str) -> None:
        self._say(text)
        self._settings.tell(text)

    def _on_key(self, character: str, symbol: str) -> None:
        command = command_of(character, symbol)
        if command is not None and not self._enrolment.is_asking:
            self._commands[command]()

    def _switch_reading(self, look: Look) -> None:
        self._look = look
        stage = self._backstage.stage
        if stage is not None and stage.expressions_refused:
            self._say(stage.expressions_refused)

    def _take_screenshot(self) -> None:
        if self._picture is None:
            self._say("there is no picture yet")
        self._wants_screenshot = self._picture is not None

    def _save_wanted(self, picture: Picture) -> None:
        """Save a picture that was painted since somebody asked for it: by what keys had switched on by then."""
        if self._wants_screenshot:
            self._wants_screenshot = False
            self._shots.take(picture, self._clock.now().astimezone())

    def _hear_of_screenshots(self) -> None:
        news = self._shots.news()
        if isinstance(news, MienError):
            self._warn(str(news))
        elif news is not None:
            self._say(f"saved {news}")

    def _toggle_blur(self) -> None:
        if self._settings.must_hide:
            self._say("strangers are not shown here: privacy.blur_strangers is set")
            return
        self._look = replace(self._look, hides_strangers=not self._look.hides_strangers)
        self._say("strangers are blurred" if self._look.hides_strangers else "everybody is shown")

    def _toggle_depth(self) -> None:
        seen = self._feed.newest()
        if seen is not None and seen.frame.depth_mm is None and not self._look.has_depth:
            self._say("this camera measures no depth")
            return
        is_suited = self._sheet.is_suited
        self._look = replace(self._look, has_depth=not self._look.has_depth)
        if seen is not None and is_suited:
            self._suit(seen)

    def _toggle_help(self) -> None:
        self._is_helping = not self._is_helping

    def _enrol(self) -> None:
        stage = self._backstage.stage
        if stage is None:
            self._say("the models are not loaded yet")
        elif self._enrolment.is_open:
            self._say("somebody is being enrolled: Escape gives it up")
        else:
            self._enrolment.start(stage)

    def _go_back(self) -> None:
        if self._enrolment.is_open:
            self._enrolment.cancel()
        elif self._is_helping:
            self._is_helping = False
        elif self._sheet.is_fullscreen:
            self._sheet.toggle_fullscreen()

    def _summary(self) -> WindowSummary:
        now_s = self._clock.monotonic_s()
        tally, shown_s = self._feed.tally, now_s - self._first_s
        stage = self._backstage.stage if self._backstage.failure is None else None
        people, strangers = tally.count(stage.who if stage is not None else None)
        return WindowSummary(
            self._camera.name,
            self._shown,
            tally.analysed,
            self._shown / shown_s if self._shown and shown_s > 0 else 0.0,
            now_s - self._began_s,
            people,
            strangers,
        )


def _nothing(room: tuple[int, int]) -> Picture:
    """What is shown before there is anything to show."""
    width, height = fitted((4, 3), room)
    return np.full((height, width, 3), _EMPTY_GREY, np.uint8)
