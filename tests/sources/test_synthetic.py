import itertools
import threading
import time
from pathlib import Path

import cv2
import numpy as np
import pytest
from tests.support.encoding import write_video
from tests.support.scenes import number_of, numbered, smooth_colours

from mien.domain.clock import Clock, SystemClock
from mien.domain.errors import SourceNotFound
from mien.sources.synthetic import MovingView, Replay
from mien.sources.video import VideoSource, open_video_file


def test_the_view_moves_in_real_time(clock: Clock) -> None:
    picture = np.random.default_rng(3).integers(0, 255, (40, 40, 3), np.uint8)
    camera = MovingView("view", cv2.resize(picture, (400, 400)), clock, size=(160, 120), frame_rate=50)
    started_s = time.monotonic()
    frames = list(itertools.islice(camera.frames(), 25))
    assert time.monotonic() - started_s == pytest.approx(24 / 50, abs=0.25)
    assert {(frame.pixels.width, frame.pixels.height) for frame in frames} == {(160, 120)}
    assert [frame.time_s for frame in frames] == pytest.approx([number / 50 for number in range(25)])
    pictures = [frame.pixels.bgr().astype(int) for frame in frames]
    steps = [np.abs(b - a).mean() for a, b in itertools.pairwise(pictures)]
    assert min(steps) > 0 and max(steps) < 10
    assert np.abs(pictures[-1] - pictures[0]).mean() > 3 * np.mean(steps)


class Hurrying(SystemClock):
    """A clock that makes every frame overdue."""

    def __init__(self) -> None:
        self._now_s = 0.0

    def monotonic_s(self) -> float:
        self._now_s += 60
        return self._now_s


@pytest.mark.parametrize("size", [(160, 120), (120, 160), (640, 480)])
def test_the_view_stays_inside_the_picture(size: tuple[int, int]) -> None:
    """Every colour of a view lies on the picture's gradient: nothing of its edge is smeared over the border."""
    ramp = np.tile(np.arange(256, dtype=np.uint8), (256, 1))
    picture = np.stack([ramp, ramp.T, np.zeros_like(ramp)], axis=-1)
    camera = MovingView("view", picture, Hurrying(), size=size, frame_rate=0.7)
    for frame in itertools.islice(camera.frames(), 40):
        view = frame.pixels.bgr().astype(int)
        across, down = view[:, :, 0].mean(axis=0), view[:, :, 1].mean(axis=1)
        assert np.all(across[8:] - across[:-8] >= 1)
        assert np.all(down[8:] - down[:-8] >= 1)


def test_closing_ends_the_view(clock: Clock) -> None:
    camera = MovingView("view", smooth_colours(64, 48), clock, frame_rate=0.1)
    threading.Timer(0.1, camera.close).start()
    started_s = time.monotonic()
    assert len(list(camera.frames())) == 1
    assert time.monotonic() - started_s < 2


@pytest.fixture
def short(tmp_path: Path) -> str:
    return str(write_video(tmp_path / "short.mp4", numbered(5), fps=50))


def test_a_video_plays_over_and_over_at_its_own_pace(short: str, clock: Clock) -> None:
    opened: list[VideoSource] = []

    def reopen() -> VideoSource:
        opened.append(open_video_file(short, clock))
        return opened[-1]

    camera = Replay(reopen(), reopen, clock)
    assert (camera.name, camera.is_live, camera.frame_rate) == (short, True, 50)
    started_s = time.monotonic()
    frames = list(itertools.islice(camera.frames(), 23))
    assert time.monotonic() - started_s == pytest.approx(22 / 50, abs=0.25)
    assert [number_of(frame.pixels.bgr()) for frame in frames] == [number % 5 for number in range(23)]
    assert [frame.index for frame in frames] == list(range(23))
    assert [frame.time_s for frame in frames] == pytest.approx([number / 50 for number in range(23)])
    assert len(opened) == 5
    camera.close()
    assert list(opened[-1].frames()) == []


def test_a_file_that_vanishes_is_told(short: str, clock: Clock) -> None:
    def gone() -> VideoSource:
        raise SourceNotFound("gone")

    camera = Replay(open_video_file(short, clock), gone, clock)
    with pytest.raises(SourceNotFound, match="gone"):
        list(camera.frames())
