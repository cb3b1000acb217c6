from concurrent.futures import ThreadPoolExecutor
from time import sleep

import pytest

from mien.pipeline.timings import StageTimings


def test_time_is_added_up_by_stage_and_told_per_frame() -> None:
    timings = StageTimings()
    for _ in range(3):
        with timings.stage("detection"):
            sleep(0.01)
    with timings.stage("join"):
        pass
    told = timings.per_frame_ms(3)
    assert list(told) == ["detection", "join"]
    assert 10 <= told["detection"] < 200 and told["join"] < 10


def test_a_stage_that_fails_counts_too() -> None:
    timings = StageTimings()
    with pytest.raises(ValueError, match="broken"), timings.stage("detection"):
        sleep(0.01)
        raise ValueError("broken")
    assert timings.per_frame_ms(1)["detection"] >= 10


def test_several_threads_add_to_one_stage() -> None:
    timings = StageTimings()

    def work(_: int) -> None:
        with timings.stage("recognition"):
            sleep(0.01)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, range(8)))
    assert timings.per_frame_ms(1)["recognition"] >= 80


def test_without_frames_nothing_is_divided_by_zero() -> None:
    assert StageTimings().per_frame_ms(0) == {}


def test_of_the_last_runs_the_usual_and_the_slow_ones_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    timings, now_s = StageTimings(), 0.0
    monkeypatch.setattr("mien.pipeline.timings.perf_counter", lambda: now_s)
    assert timings.latest() == ()
    for ms in (*[9000] * 300, *[10] * 450, *[80] * 50):
        with timings.stage("detection"):
            now_s += ms / 1000
    (detection,) = timings.latest()
    assert (detection.stage, detection.runs) == ("detection", 500), "those before are forgotten"
    assert (detection.median_ms, detection.p95_ms) == (pytest.approx(10), pytest.approx(80))
