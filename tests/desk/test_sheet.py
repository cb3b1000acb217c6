"""The window while it starts, as large as the screen, and when it breaks: on a screen, without any model."""

import tkinter
from collections.abc import Iterator
from dataclasses import dataclass, field
from threading import Event
from typing import Any

import numpy as np
import pytest
from tests.support.displays import SIZE, Screen

import mien.desk.window
from mien.desk.backstage import Backstage
from mien.desk.display import opened_root
from mien.desk.drawing.notices import Announcer, Notices
from mien.desk.feed import Feed
from mien.desk.screenshots import Screenshots
from mien.desk.sheet import Sheet
from mien.desk.window import Supply, Window, WindowSettings
from mien.domain.clock import SystemClock
from mien.sources.reconnect import CaptureStatistics

ENOUGH = 600  # ticks of 10 ms: far more than a slow machine needs


@dataclass
class Opened:
    """A window that has just opened, and what came of it."""

    root: tkinter.Tk
    monitor: Screen
    stop: Event = field(default_factory=Event)
    ticks: int = 0

    def run(self, sheet: Sheet) -> int:
        """How many ticks it took until it was to stop."""

        def tick() -> None:
            self.ticks += 1
            if self.ticks == ENOUGH:
                self.stop.set()

        sheet.run(tick, 10)
        return self.ticks


@pytest.fixture
def opened(monitor: Screen, monkeypatch: pytest.MonkeyPatch) -> Iterator[Opened]:
    monkeypatch.setenv("DISPLAY", monitor.name)
    stop = Event()
    with opened_root(stop.set) as root:
        yield Opened(root, monitor, stop)


def test_it_may_be_closed_while_it_starts(opened: Opened) -> None:
    opened.monitor.window(lambda: True).close()
    sheet = Sheet(opened.root, "mien", lambda *_: None, opened.stop)
    assert opened.run(sheet) < ENOUGH and opened.stop.is_set()


def test_keys_pressed_while_it_starts_wait_until_it_runs(opened: Opened) -> None:
    heard: list[str] = []

    def hear(character: str, _symbol: str) -> None:
        heard.extend(filter(None, [character]))  # Shift types none
        if character == "q":
            opened.stop.set()

    opened.monitor.window(lambda: True).press("e", "question", "q")
    sheet = Sheet(opened.root, "mien", hear, opened.stop)
    assert not heard
    assert opened.run(sheet) < ENOUGH and heard == ["e", "?", "q"]


def test_a_whole_screen_that_is_given_back_leaves_the_shape_of_the_camera(opened: Opened) -> None:
    sheet = Sheet(opened.root, "mien", lambda *_: None, opened.stop)
    sizes: list[tuple[int, int]] = []

    def tick() -> None:
        opened.ticks += 1
        size = opened.root.winfo_width(), opened.root.winfo_height()
        if size == SIZE and sheet.is_fullscreen:
            sheet.suit(1000, 1000)
            assert (opened.root.winfo_width(), opened.root.winfo_height()) == SIZE
            sheet.toggle_fullscreen()
        elif size[0] == size[1] or opened.ticks == ENOUGH:
            sizes.append(size)
            opened.stop.set()

    sheet.toggle_fullscreen()
    sheet.run(tick, 10)
    assert sizes == [(640, 640)]  # as much as the height of the screen allows


def test_a_size_that_somebody_chose_is_told_from_one_that_it_was_given(opened: Opened) -> None:
    sheet = Sheet(opened.root, "mien", lambda *_: None, opened.stop)
    told: list[bool] = []
    places: list[tuple[int, int]] = []

    def tick() -> None:
        opened.ticks += 1
        if opened.ticks == 1:
            opened.root.geometry("+1100+700")
        elif opened.ticks == 2:
            sheet.suit(400, 300)
        elif opened.ticks > 3 and not told:
            told.append(sheet.is_suited)
            places.append((opened.root.winfo_x(), opened.root.winfo_y()))
            sheet.toggle_fullscreen()
        elif sheet.is_fullscreen and opened.root.winfo_width() == SIZE[0]:
            told.append(sheet.is_suited)
            sheet.suit(500, 300)
            told.append(sheet.is_suited)
            sheet.toggle_fullscreen()
        elif len(told) == 3 and not sheet.is_fullscreen and opened.root.winfo_width() == 500:
            told.append(sheet.is_suited)
            opened.root.geometry("450x450")
        elif opened.root.winfo_width() == 450 or opened.ticks == ENOUGH:
            told.append(sheet.is_suited)
            opened.stop.set()

    sheet.run(tick, 10)
    assert told == [True, True, True, True, False]
    assert places[0] == (SIZE[0] - 400, SIZE[1] - 300), "it reaches over the edge of the screen"


@dataclass
class Camera:
    """One that delivers nothing, and breaks in the end."""

    name: str = "door"
    asked: int = 0
    most: int = 3

    def statistics(self) -> CaptureStatistics:
        self.asked += 1
        if self.asked > self.most:
            raise RuntimeError("it broke")
        return CaptureStatistics("door", "starting", "", 0.0, 0, 0, 0)


def window_over(opened: Opened, camera: Any, tmp_path: Any) -> Window:
    backstage = Backstage(lambda *_: None)
    supply = Supply(camera, Feed(1), backstage, Screenshots(tmp_path, lambda _: None), SystemClock())
    return Window(opened.root, supply, WindowSettings(), opened.stop)


def test_what_breaks_the_window_gives_up_enrolling(
    opened: Opened, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed: list[bool] = []
    flow = mien.desk.window.EnrolmentFlow

    class Watched(flow):  # type: ignore[misc, valid-type]  # the class of the moment
        def close(self) -> None:
            closed.append(True)
            super().close()

    monkeypatch.setattr(mien.desk.window, "EnrolmentFlow", Watched)
    with pytest.raises(RuntimeError, match="it broke"):
        window_over(opened, Camera(), tmp_path).run()
    assert closed == [True]


def test_keys_are_listed_before_the_first_picture(
    opened: Opened, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[Notices] = []

    class Heard(Announcer):
        def announce(self, picture: np.ndarray, notices: Notices, *layout: Any) -> np.ndarray:
            told.append(notices)
            if notices.keys:
                opened.stop.set()
            return super().announce(picture, notices, *layout)

    monkeypatch.setattr(mien.desk.window, "Announcer", Heard)
    window = window_over(opened, Camera(most=ENOUGH), tmp_path)
    opened.monitor.window(lambda: True).press("question")
    window.run()
    assert told[-1].keys and told[-1].notice == "starting…"
