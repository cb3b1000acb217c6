from collections.abc import Callable, Mapping
from itertools import count
from threading import Event

import pytest
from tests.support.cameras import PacedSource, Script
from tests.support.scripted import scene

from mien.domain.clock import SystemClock
from mien.domain.errors import ResultError, SourceUnreachable
from mien.domain.events import CameraLost, CameraRecovered, CameraStatus
from mien.domain.frame import Frame
from mien.domain.readings import FrameReading
from mien.engine.live import LiveEngine, WatchedCamera
from mien.engine.watching import OnTick, Outages, watch
from mien.events.recorder import Recorder
from mien.events.rules import OutageRules
from mien.sources.reconnect import LiveCamera
from mien.sources.source import SourceSettings
from mien.store.sql.database import Database
from mien.store.sql.events import SqlEvents
from mien.store.sql.readings import SqlReadings

SETTINGS = SourceSettings(open_timeout_s=1.0, stall_timeout_s=5.0, backoff_min_s=0.4, backoff_max_s=0.4)
FACE = scene((160, 90), (50, 20), side=40)
CLOCK = SystemClock()


def until(seconds: float, stop: Event, seen: Callable[[tuple[CameraStatus, ...]], None] = lambda _: None) -> OnTick:
    """A view that ends the watch after so long."""

    def on_tick(statuses: tuple[CameraStatus, ...], readings: Mapping[str, FrameReading], elapsed_s: float) -> None:
        seen(statuses)
        if elapsed_s >= seconds:
            stop.set()

    return on_tick


def test_a_camera_that_goes_and_comes_back_is_told_of_twice(database: Database, build_pipeline) -> None:
    script = Script(
        [
            lambda: PacedSource("door", FACE, CLOCK, count=20),
            SourceUnreachable("door cannot be opened: connection refused"),
            lambda: PacedSource("door", FACE, CLOCK),
        ]
    )
    ids, stop, states = count(), Event(), []
    engine = LiveEngine(
        [WatchedCamera(LiveCamera("door", script.reopen, SETTINGS, CLOCK), build_pipeline("door"))], workers=1
    )
    with Recorder(SqlEvents(database), SqlReadings(database)) as recorder:
        outages = Outages({"door": OutageRules("door", lambda: f"event-{next(ids)}")}, recorder, CLOCK)
        summary = watch(
            engine, outages, CLOCK, stop, until(2.4, stop, lambda statuses: states.append(statuses[0].state))
        )
    recovered, lost = SqlEvents(database).latest(10)
    assert isinstance(lost, CameraLost) and lost.camera == "door" and lost.reason
    assert isinstance(recovered, CameraRecovered) and 0.2 < recovered.outage_s < 2
    assert {"online", "offline"} <= set(states) and states[-1] == "online"
    (camera,) = summary.cameras
    assert (camera.name, camera.state, camera.reconnects) == ("door", "online", 1)
    assert camera.online_s < summary.wall_s - 0.5 and camera.analysed_fps > 5  # per second online
    assert 2.4 <= summary.wall_s < 6 and summary.cpu_s > 0 and summary.peak_rss_mb > 10
    assert 0 < summary.latency_p95_ms < 2000


def test_a_camera_that_never_answers_is_lost_once(database: Database, build_pipeline) -> None:
    script = Script([SourceUnreachable("yard cannot be opened: no route")])
    stop, ids = Event(), count()
    engine = LiveEngine(
        [WatchedCamera(LiveCamera("yard", script.reopen, SETTINGS, CLOCK), build_pipeline("yard"))], workers=1
    )
    with Recorder(SqlEvents(database), SqlReadings(database)) as recorder:
        outages = Outages({"yard": OutageRules("yard", lambda: f"event-{next(ids)}")}, recorder, CLOCK)
        summary = watch(engine, outages, CLOCK, stop, until(1.0, stop))
    (lost,) = SqlEvents(database).latest(10)
    assert isinstance(lost, CameraLost) and lost.reason == "yard cannot be opened: no route"
    assert summary.cameras[0].analysed_fps == 0 and summary.latency_p95_ms == 0


def test_what_breaks_a_worker_ends_the_watch(build_pipeline) -> None:
    class FailingSink:
        def add(self, frame: Frame, reading: FrameReading) -> None:
            raise ResultError("the disk is full")

    camera = LiveCamera("door", lambda: PacedSource("door", FACE, CLOCK), SETTINGS, CLOCK)
    stop = Event()
    engine = LiveEngine([WatchedCamera(camera, build_pipeline("door"), (FailingSink(),))], workers=1)
    with pytest.raises(ResultError, match="full"):
        watch(engine, None, CLOCK, stop, until(10, stop))
    assert not stop.is_set()


def test_what_breaks_at_the_very_end_is_told_too(build_pipeline) -> None:
    stop = Event()
    stop.set()

    class LateSink:
        def add(self, frame: Frame, reading: FrameReading) -> None:
            stopped.wait(5)
            raise ResultError("the disk is full")

    stopped = Event()
    camera = LiveCamera("door", lambda: PacedSource("door", FACE, CLOCK, fps=500), SETTINGS, CLOCK)
    engine = LiveEngine([WatchedCamera(camera, build_pipeline("door"), (LateSink(),))], workers=1)

    def last_tick(*_: object) -> None:
        while camera.statistics().dropped == 0:  # the worker is busy with the first frame
            Event().wait(0.01)
        stopped.set()

    with pytest.raises(ResultError, match="full"):
        watch(engine, None, CLOCK, stop, last_tick)
