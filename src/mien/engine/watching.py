"""Watching for a while: running a live engine, telling of cameras that come and go, and adding up at the end."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from threading import Event

from mien.domain.clock import Clock
from mien.domain.events import CameraStatus
from mien.domain.readings import FrameReading
from mien.engine.live import LiveEngine
from mien.events.recorder import Recorder
from mien.events.rules import OutageRules
from mien.sources.reconnect import CaptureStatistics
from mien.telemetry.process import cpu_s, peak_rss_mb

_TICK_S = 0.2

OnTick = Callable[[tuple[CameraStatus, ...], Mapping[str, FrameReading], float], None]


@dataclass(frozen=True, slots=True)
class WatchSummary:
    """What a watch came to; rates are per second online, ``latency_p95_ms`` from a frame's delivery to its reading."""

    cameras: tuple[CameraStatus, ...]
    latency_p95_ms: float
    cpu_s: float
    wall_s: float
    peak_rss_mb: float


class Outages:
    """Tells the recorder which cameras are lost and which come back."""

    def __init__(self, rules: Mapping[str, OutageRules], recorder: Recorder, clock: Clock) -> None:
        self._rules = rules
        self._recorder = recorder
        self._clock = clock

    def look(self, statistics: Mapping[str, CaptureStatistics]) -> None:
        """Tell what changed since the last look."""
        for name, captured in statistics.items():
            rules = self._rules[name]
            if captured.state in ("stalled", "offline"):
                self._recorder.tell(rules.lost(captured.reason, self._clock.now()))
            elif captured.state == "online":
                self._recorder.tell(rules.delivered(self._clock.now()))


def watch(engine: LiveEngine, outages: Outages | None, clock: Clock, stop: Event, on_tick: OnTick) -> WatchSummary:
    """Run an engine until ``stop`` is set; ``on_tick`` is called five times a second with what is in view.

    Raises what broke a worker: StoreError or ResultError where something can no longer be written.
    """
    started_s, used_s = clock.monotonic_s(), cpu_s()
    engine.start()
    try:
        is_last = False
        while not is_last:
            is_last = stop.wait(_TICK_S)
            engine.check()
            if outages is not None:
                outages.look(engine.statistics())
            on_tick(engine.statuses(), engine.readings(), clock.monotonic_s() - started_s)
        cameras = engine.statuses()
    finally:
        engine.close()
    engine.check()  # what broke since the last look
    return WatchSummary(
        cameras, engine.latency_p95_ms(), cpu_s() - used_s, clock.monotonic_s() - started_s, peak_rss_mb()
    )
