"""A live camera that nothing brings down: read in a thread of its own, reopened when it breaks off or falls silent."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from threading import Event, Lock, Thread

from mien.domain.clock import Clock
from mien.domain.errors import MienError, SourceStalled
from mien.domain.events import CameraState
from mien.domain.frame import Frame
from mien.sources.latest import Latest
from mien.sources.sampling import Sampler
from mien.sources.source import Source, SourceSettings

_log = logging.getLogger(__name__)
_JOIN_S = 0.5  # a reader blocked in the network ends by its own timeout; nobody waits for that


@dataclass(frozen=True, slots=True)
class CaptureStatistics:
    """One camera's capture at one moment.

    ``reason`` says why it is not online, or is empty. ``online_s`` is the time in which it delivered, silence not
    counted; ``decoded`` counts all frames, ``dropped`` those that were replaced by a newer one before anybody took
    them (frames that the sampling leaves out are not dropped), ``reconnects`` how often it came back.
    """

    name: str
    state: CameraState
    reason: str
    online_s: float
    decoded: int
    dropped: int
    reconnects: int

    @property
    def outage(self) -> str:
        """Which camera is not online and why, each told once; ``""`` where it is."""
        return f"{self.name}: {_apart(self.reason, self.name)}" if self.reason else ""


class LiveCamera:
    """A live source that waits for nobody: ``take`` gives the newest frame, and the ones between are dropped.

    ``reopen`` opens the camera, each time anew. What it or its source raises, a defect too, only changes the state: the
    camera is tried again after a pause that doubles with every failure in a row. The source must bound its own waiting,
    as those of this room do. Frames are counted from 0 and timed from the first one ever, across reconnects, and carry
    ``name`` as their camera.
    """

    def __init__(
        self,
        name: str,
        reopen: Callable[[], Source],
        settings: SourceSettings,
        clock: Clock,
        sampler: Sampler | None = None,
    ) -> None:
        self.name = name
        self.frame_rate = 0.0
        self._reopen = reopen
        self._settings = settings
        self._clock = clock
        self._sampler = sampler or Sampler()
        self._latest: Latest[Frame] = Latest()
        self._stopping = Event()
        self._lock = Lock()
        self._ledger = _Ledger(settings.stall_timeout_s)
        self._source: Source | None = None
        self._on_frame: Callable[[], None] = lambda: None
        self._thread = Thread(target=self._run, name=f"capture {name}", daemon=True)

    def start(self, on_frame: Callable[[], None] = lambda: None) -> None:
        """Begin to capture; returns at once, whether or not the camera can be reached.

        ``on_frame`` is called in the capture thread whenever there is something to take, and must not wait. Of a camera
        that is started already, only whom it calls changes.
        """
        with self._lock:
            self._on_frame = on_frame
            if self._thread.ident is None and not self._stopping.is_set():
                self._thread.start()

    def take(self, timeout_s: float | None = None) -> Frame | None:
        """The newest frame that was not taken yet; None after ``timeout_s`` or once closed."""
        return self._latest.take(timeout_s)

    def statistics(self) -> CaptureStatistics:
        with self._lock:
            return self._ledger.report(self.name, self._clock.monotonic_s(), self._latest.dropped)

    def close(self) -> None:
        with self._lock:
            self._stopping.set()
            source = self._source
            is_running = self._thread.ident is not None
        self._latest.close()
        if source is not None:
            source.close()
        if is_running:
            self._thread.join(_JOIN_S)

    def _run(self) -> None:
        pause_s = self._settings.backoff_min_s
        while not self._stopping.is_set():
            decoded = self._ledger.decoded
            state, reason = self._connection()
            was_online = self._ledger.decoded > decoded
            with self._lock:
                is_news = self._ledger.lost(state, reason)
            if is_news and not self._stopping.is_set():
                # What was never reached is told by whoever watches; what is lost may be back by then.
                level = logging.WARNING if was_online else logging.INFO
                _log.log(level, "%s is %s: %s", self.name, state, _apart(reason, self.name))
            if was_online:
                pause_s = self._settings.backoff_min_s
            self._stopping.wait(pause_s)
            pause_s = min(2 * pause_s, self._settings.backoff_max_s)

    def _connection(self) -> tuple[CameraState, str]:
        """Read one connection to its end; returns the state that follows it and why."""
        try:
            source = self._reopen()
            try:
                with self._lock:
                    self._source = source
                if not self._stopping.is_set():
                    self.frame_rate = source.frame_rate
                    self._capture(source)
            finally:
                self._source = None
                source.close()
        except SourceStalled as error:
            return "stalled", str(error)
        except MienError as error:
            return "offline", str(error)
        except Exception as error:  # a defect in one camera's capture ends no other camera
            _log.debug("%s failed", self.name, exc_info=True)
            return "offline", f"{self.name} failed unexpectedly ({type(error).__name__})"
        return "offline", f"{self.name} ended its stream"

    def _capture(self, source: Source) -> None:
        for frame in source.frames():
            if self._stopping.is_set():
                return
            with self._lock:
                is_back = not self._ledger.is_online
                index, time_s = self._ledger.delivered(frame.captured_s)
            if is_back:
                _log.info("%s is online", self.name)
            numbered = Frame(self.name, index, time_s, frame.captured_s, frame.pixels, frame.depth_mm)
            if self._sampler.wants(numbered):
                self._latest.put(numbered)
                self._on_frame()


def _apart(reason: str, name: str) -> str:
    """A reason that goes with the name of the camera, without that name where it begins with it."""
    return reason.removeprefix(f"{name} ")


class _Ledger:
    """What happened to one camera so far; its owner's lock guards it."""

    def __init__(self, stall_timeout_s: float) -> None:
        self.decoded = 0
        self._stall_timeout_s = stall_timeout_s
        self._state: CameraState = "connecting"
        self._reason = ""
        self._first_s = 0.0
        self._online_since_s = 0.0
        self._newest_s = 0.0
        self._earlier_online_s = 0.0
        self._reconnects = 0

    @property
    def is_online(self) -> bool:
        return self._state == "online"

    def delivered(self, at_s: float) -> tuple[int, float]:
        """Note one frame; returns its number and its time since the first."""
        if self.decoded == 0:
            self._first_s = at_s
        if not self.is_online:
            self._reconnects += self.decoded > 0
            self._online_since_s = at_s
            self._state, self._reason = "online", ""
        self._newest_s = at_s
        self.decoded += 1
        return self.decoded - 1, at_s - self._first_s

    def lost(self, state: CameraState, reason: str) -> bool:
        """Note that a connection ended; false where that was the state, for the same reason, before."""
        if self.is_online:
            self._earlier_online_s += self._newest_s - self._online_since_s
        is_news = (self._state, self._reason) != (state, reason)
        self._state, self._reason = state, reason
        return is_news

    def report(self, name: str, now_s: float, dropped: int) -> CaptureStatistics:
        """The state now: a reader that still waits for a silent camera is stalled, whether it noticed or not."""
        state, reason, online_s = self._state, self._reason, self._earlier_online_s
        if state == "online" and now_s - self._newest_s > self._stall_timeout_s:
            state, reason = "stalled", f"{name} sent nothing for {self._stall_timeout_s:g} s"
            online_s += self._newest_s - self._online_since_s
        elif state == "online":
            online_s += now_s - self._online_since_s
        return CaptureStatistics(name, state, reason, online_s, self.decoded, dropped, self._reconnects)
