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
