import numpy as np
import pytest

from mien.domain.frame import Frame
from mien.sources.pixels import ArrayPixels
from mien.sources.sampling import Sampler

PIXELS = ArrayPixels(np.zeros((1, 1, 3), np.uint8))


def chosen(sampler: Sampler, times_s: list[float]) -> list[int]:
    frames = [Frame("camera", index, time_s, time_s, PIXELS) for index, time_s in enumerate(times_s)]
    return [frame.index for frame in frames if sampler.wants(frame)]


def at(fps: float, count: int) -> list[float]:
    return [number / fps for number in range(count)]


def test_without_a_choice_every_frame_is_wanted() -> None:
    assert chosen(Sampler(), at(25, 10)) == list(range(10))
    assert chosen(Sampler(every_n=1), at(25, 10)) == list(range(10))


def test_every_third() -> None:
    assert chosen(Sampler(every_n=3), at(25, 10)) == [0, 3, 6, 9]


@pytest.mark.parametrize(("fps", "wanted"), [(5, 50), (10, 100), (12.5, 125), (24, 240), (25, 250), (60, 250)])
def test_a_rate_is_kept_on_average(fps: float, wanted: int) -> None:
    assert len(chosen(Sampler(fps=fps), at(25, 250))) == pytest.approx(wanted, abs=1)


def test_frames_are_spread_evenly() -> None:
    gaps = np.diff(chosen(Sampler(fps=10), at(25, 250)))
    assert set(gaps.tolist()) == {2, 3}


def test_after_a_gap_nothing_is_made_up_for() -> None:
    times_s = [*at(25, 25), *(100 + time_s for time_s in at(25, 25))]
    assert len(chosen(Sampler(fps=5), times_s)) == 10


@pytest.mark.parametrize(("every_n", "fps"), [(2, 5.0), (-1, 0.0), (0, -1.0)])
def test_contradictions_are_refused(every_n: int, fps: float) -> None:
    with pytest.raises(ValueError, match="every n-th frame or a rate"):
        Sampler(every_n, fps)
