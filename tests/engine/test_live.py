import logging
from collections.abc import Iterator
from contextlib import contextmanager
from threading import current_thread
from threading import enumerate as threads
from time import monotonic, sleep

import pytest
from tests.support.cameras import PacedSource, Script
from tests.support.scripted import KnowingDetector, scene

from mien.domain.clock import SystemClock
from mien.domain.errors import ResultError, SourceUnreachable, SourceUnreadable, StoreBusy, StoreError
from mien.domain.frame import Frame
from mien.domain.readings import FrameReading
from mien.engine.live import LiveEngine, WatchedCamera
from mien.sources.reconnect import LiveCamera
from mien.sources.source import SourceSettings

SETTINGS = SourceSettings(open_timeout_s=1.0, stall_timeout_s=0.3, backoff_min_s=0.05, backoff_max_s=0.2)
FACE = scene((160, 90), (50, 20), side=40)
CLOCK = SystemClock()


class Told:
    """Remembers what it is told, and by whom."""

    def __init__(self) -> None:
        self.indices: list[int] = []
        self.threads: set[str] = set()

    def add(self, frame: Frame, reading: FrameReading) -> None:
        assert (frame.camera, frame.index) == (reading.camera, reading.index)
        self.indices.append(reading.index)
        self.threads.add(current_thread().name)


class FailingSink:
    def __init__(self, error: Exception) -> None:
        self._error = error

    def add(self, frame: Frame, reading: FrameReading) -> None:
        raise self._error


def camera(name: str, fps: float = 50.0) -> LiveCamera:
    return LiveCamera(name, lambda: PacedSource(name, FACE, CLOCK, fps), SETTINGS, CLOCK)


@contextmanager
def running(*watched: WatchedCamera, workers: int = 2) -> Iterator[LiveEngine]:
    engine = LiveEngine(watched, workers)
    engine.start()
    try:
        yield engine
    finally:
        engine.close()


def wait_until(engine: LiveEngine, analysed: int, timeout_s: float = 10.0) -> None:
    deadline_s = monotonic() + timeout_s
    while engine.analysed < analysed:
        engine.check()
        assert monotonic() < deadline_s, f"{engine.analysed} of {analysed} frames"
        sleep(0.01)


def test_cameras_are_read_side_by_side(build_pipeline) -> None:
    sinks = {"a": Told(), "b": Told()}
    watched = [WatchedCamera(camera(name), build_pipeline(name), (sink,)) for name, sink in sinks.items()]
    with running(*watched) as engine:
        wait_until(engine, 40)
        statuses, readings, p95_ms = engine.statuses(), engine.readings(), engine.latency_p95_ms()
    assert [(status.name, status.state) for status in statuses] == [("a", "online"), ("b", "online")]
    assert all(status.analysed_fps > 1 and status.online_s > 0 for status in statuses)
    assert {name: reading.faces[0].track_id for name, reading in readings.items()} == {"a": 1, "b": 1}
    assert 0 < p95_ms < 2000
    for sink in sinks.values():
        assert sink.indices == sorted(set(sink.indices)) and len(sink.indices) > 5
        assert sink.threads <= {"worker 0", "worker 1"}


def test_under_overload_every_camera_gets_its_share_and_drops_are_counted(build_pipeline) -> None:
    names = ("busy", "a", "b")
    slow = KnowingDetector(lambda: sleep(0.015))
    watched = [
        WatchedCamera(camera(name, fps=400 if name == "busy" else 80), build_pipeline(name, slow, is_still=True))
        for name in names
    ]
    with running(*watched, workers=1) as engine:
        wait_until(engine, 60)
        captured = engine.statistics()
        sinks = {status.name: status for status in engine.statuses()}
    shares = [sinks[name].analysed_fps * captured[name].online_s for name in names]
    assert max(shares) - min(shares) <= 0.3 * max(shares)  # "busy" delivers five times as much
    for name, share in zip(names, shares, strict=True):
        left = captured[name].decoded - captured[name].dropped - share
        assert captured[name].dropped > 0 and -5 <= left <= 5  # nothing vanishes uncounted


def test_a_camera_that_is_dead_holds_up_no_other(build_pipeline) -> None:
    dead = LiveCamera("dead", Script([SourceUnreachable("dead cannot be opened: refused")]).reopen, SETTINGS, CLOCK)
    with running(
        WatchedCamera(dead, build_pipeline("dead")), WatchedCamera(camera("alive"), build_pipeline("alive"))
    ) as engine:
        wait_until(engine, 20)
        captured = engine.statistics()
        assert set(engine.readings()) == {"alive"}
    assert (captured["dead"].state, captured["dead"].decoded) == ("offline", 0)
    assert captured["dead"].reason == "dead cannot be opened: refused"


@pytest.mark.parametrize("error", [ResultError("the disk is full"), StoreError("the disk is full")])
def test_what_can_no_longer_be_written_is_raised_where_somebody_watches(build_pipeline, error: Exception) -> None:
    with running(WatchedCamera(camera("a"), build_pipeline("a"), (FailingSink(error),))) as engine:
        deadline_s = monotonic() + 5
        with pytest.raises(type(error), match="full"):
            while monotonic() < deadline_s:
                engine.check()
                sleep(0.01)


def test_a_defect_in_one_cameras_capture_ends_no_other(build_pipeline) -> None:
    def broken() -> PacedSource:
        raise ZeroDivisionError("defect")

    dead = LiveCamera("dead", broken, SETTINGS, CLOCK)
    with running(
        WatchedCamera(dead, build_pipeline("dead")), WatchedCamera(camera("alive"), build_pipeline("alive"))
    ) as engine:
        wait_until(engine, 20)
        captured = engine.statistics()
        engine.check()
    assert (captured["dead"].state, captured["alive"].state) == ("offline", "online")
    assert captured["dead"].reason == "dead failed unexpectedly (ZeroDivisionError)"


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (SourceUnreadable("sick holds a picture that cannot be converted"), "sick holds a picture that cannot"),
        (StoreBusy("the database is locked"), "the database is locked"),
        (ZeroDivisionError("rtsp://me:hunter2@host"), "ZeroDivisionError"),
    ],
)
def test_frames_that_cannot_be_analysed_are_left_out_and_that_is_said_once(
    build_pipeline, error: Exception, said: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "mien")
    count = 0

    def fail_at_first() -> None:
        nonlocal count
        count += 1
        if count <= 5:
            raise error

    sick, told = build_pipeline("sick", KnowingDetector(fail_at_first), is_still=True), Told()
    with running(
        WatchedCamera(camera("sick"), sick, (told,)), WatchedCamera(camera("alive"), build_pipeline("alive"))
    ) as engine:
        wait_until(engine, 40)
        engine.check()
        assert set(engine.readings()) == {"sick", "alive"}
    assert told.indices and told.indices[0] >= 5
    warnings = [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING]
    assert len(warnings) == 1 and warnings[0].startswith("sick: frames are left out: ") and said in warnings[0]
    traces = [record for record in caplog.records if record.exc_info]
    assert len(traces) == (not isinstance(error, SourceUnreadable | StoreBusy))


def test_a_camera_whose_every_sink_call_is_a_defect_ends_nothing(build_pipeline) -> None:
    broken = WatchedCamera(camera("a"), build_pipeline("a"), (FailingSink(KeyError("defect")),))
    with running(broken, WatchedCamera(camera("b"), build_pipeline("b"))) as engine:
        wait_until(engine, 20)
        engine.check()
        assert set(engine.readings()) == {"b"}


def test_closing_ends_every_thread_and_may_be_repeated(build_pipeline) -> None:
    before = set(threads())
    with running(WatchedCamera(camera("a"), build_pipeline("a"))) as engine:
        wait_until(engine, 3)
    engine.close()
    analysed = engine.analysed
    sleep(0.1)
    assert engine.analysed == analysed
    assert not [thread for thread in set(threads()) - before if thread.is_alive()]


def test_an_engine_that_was_never_started_has_nothing_to_tell(build_pipeline) -> None:
    engine = LiveEngine([WatchedCamera(camera("a"), build_pipeline("a"))], workers=2)
    (status,) = engine.statuses()
    assert (status.state, status.analysed_fps, engine.latency_p95_ms(), engine.readings()) == ("connecting", 0, 0, {})
    engine.check()
    engine.close()
