"""What the progress of an analysis looks like on a terminal."""

import io
import re
import sys
from threading import Event

import pytest
from rich.console import Console

from mien.cli import analyze
from mien.cli.analyze import AnalysisBar
from mien.cli.terminal import Invocation
from mien.engine.files import FileProgress


class Input:
    """As much of a source as a bar looks at."""

    is_live = False

    def __init__(self, name: str, frame_count: int) -> None:
        self.name = name
        self.frame_count = frame_count
        self.is_still = frame_count == 1
        self.is_closed = False

    def close(self) -> None:
        self.is_closed = True


class Camera(Input):
    is_live = True


@pytest.fixture
def screen(monkeypatch: pytest.MonkeyPatch) -> io.StringIO:
    """A terminal in the place of stderr."""
    written = io.StringIO()
    console = Console(file=written, force_terminal=True, width=100, legacy_windows=False)
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    monkeypatch.setattr(analyze, "stderr_console", lambda: console)
    return written


def shown(bar: AnalysisBar, screen: io.StringIO) -> list[str]:
    """What stands there after the next redraw."""
    assert bar._bar is not None
    screen.seek(0)
    screen.truncate()
    bar._bar.refresh()
    return [line.strip() for line in re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]|\r", "", screen.getvalue()).splitlines()]


def test_of_many_pictures_one_bar_tells_how_many_are_done(screen: io.StringIO) -> None:
    with AnalysisBar(Invocation(), 10, Event()) as bar:
        for number in range(4):
            assert bar.goes_on(number)
            bar.update(Input(f"{number}.jpg", 1), FileProgress(1, 1))
        (line,) = shown(bar, screen)
        assert line.startswith("inputs") and "3/10" in line and re.search(r"(\d\d:\d\d|-:--)$", line)


def test_a_video_among_inputs_has_a_bar_of_its_own(screen: io.StringIO) -> None:
    with AnalysisBar(Invocation(), 3, Event()) as bar:
        clip = Input("holiday.mp4", 120)
        bar.goes_on(1)
        bar.update(clip, FileProgress(60, 60))
        inputs, frames = shown(bar, screen)
        assert "1/3" in inputs and frames.startswith("holiday.mp4") and "60/120" in frames and "frames/s" in frames
        bar.goes_on(2)
        bar.update(Input("a.jpg", 1), FileProgress(1, 1))
        assert len(shown(bar, screen)) == 1


def test_a_single_video_has_only_its_own(screen: io.StringIO) -> None:
    with AnalysisBar(Invocation(), 1, Event()) as bar:
        bar.goes_on(0)
        bar.update(Input("holiday.mp4", 120), FileProgress(30, 30))
        (line,) = shown(bar, screen)
        assert line.startswith("holiday.mp4") and "30/120" in line


def test_an_interrupt_ends_a_camera_and_gives_up_a_file() -> None:
    stop, camera = Event(), Camera("door", 0)
    with AnalysisBar(Invocation(is_quiet=True), 2, stop) as bar:
        assert bar.goes_on(0)
        stop.set()
        bar.update(camera, FileProgress(5, 5))
        assert camera.is_closed and not bar.goes_on(1)
        with pytest.raises(KeyboardInterrupt):
            bar.update(Input("a.mp4", 9), FileProgress(1, 1))
