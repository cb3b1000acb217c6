"""Watching cameras: one capture thread each, a few workers for all of them, the newest frame first."""

import logging
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from threading import Lock, Thread

import numpy as np

from mien.domain.errors import ResultError, SourceError, StoreBusy, StoreError
from mien.domain.events import CameraStatus
from mien.domain.readings import FrameReading
from mien.engine.sinks import ReadingSink
from mien.pipeline.camera import CameraPipeline
from mien.pipeline.schedule import CameraSchedule
from mien.sources.reconnect import CaptureStatistics, LiveCamera

_log = logging.getLogger(__name__)
_LATENCIES_KEPT = 100_000  # at 100 readings a second, the last quarter of an hour


@dataclass(frozen=True, slots=True)
class WatchedCamera:
    """A camera, what is done with its frames, and who is told.

    ``sinks`` are called from worker threads, those of one camera one at a time.
    """

    camera: LiveCamera
    pipeline: CameraPipeline
    sinks: tuple[ReadingSink, ...] = ()


class LiveEngine:
    """Analyses live cameras with a fixed number of workers until it is closed.

    A camera that hangs blocks only its own capture thread. Under overload every camera is served in turn and the
    frames that nobody took are dropped, and counted, where they were captured. A frame whose analysis fails is left
    out, and why is logged once, a locked database too; only what can no longer be written (StoreError, ResultError)
    ends the watch.
    """

    def __init__(self, cameras: Sequence[WatchedCamera], workers: int) -> None:
        self._cameras = {watched.camera.name: watched for watched in cameras}
        self._analysed = dict.fromkeys(self._cameras, 0)
        self._latest: dict[str, FrameReading] = {}
        self._latencies_s: deque[float] = deque(maxlen=_LATENCIES_KEPT)
        self._faults: set[tuple[str, str]] = set()
        self._schedule = CameraSchedule()
        self._lock = Lock()
        self._failure: Exception | None = None
        self._workers = [Thread(target=self._work, name=f"worker {n}", daemon=True) for n in range(workers)]

    def start(self) -> None:
        """Begin to capture and to analyse; returns at once."""
        for worker in self._workers:
            worker.start()
        for name, watched in self._cameras.items():
            watched.camera.start(on_frame=partial(self._schedule.offer, name))

    @property
    def analysed(self) -> int:
        """Frames analysed so far, of all cameras."""
        with self._lock:
            return sum(self._analysed.values())

    def check(self) -> None:
        """Raise what can no longer be written: StoreError or ResultError of a sink or of the gallery."""
        if self._failure is not None:
            raise self._failure

    def close(self) -> None:
        """Stop capturing and analysing; frames that nobody took are left, and whoever is in view has been. Idempotent.

        What can no longer be written then is kept for `check`.
        """
        self._schedule.close()
        for watched in self._cameras.values():
            watched.camera.close()
        for worker in self._workers:
            if worker.ident is not None:
                worker.join()
        for watched in self._cameras.values():
            try:
                watched.pipeline.finish()
            except (StoreError, ResultError) as error:
                self._failure = self._failure or error

    def statistics(self) -> dict[str, CaptureStatistics]:
        """What each camera's capture says of itself."""
        return {name: watched.camera.statistics() for name, watched in self._cameras.items()}

    def statuses(self) -> tuple[CameraStatus, ...]:
        """Every camera as it is now."""
        with self._lock:
            analysed = dict(self._analysed)
        return tuple(_status(captured, analysed[name]) for name, captured in self.statistics().items())

    def readings(self) -> Mapping[str, FrameReading]:
        """The newest reading of each camera that has one."""
        with self._lock:
            return dict(self._latest)

    def latency_p95_ms(self) -> float:
        """Milliseconds from the delivery of a frame to its reading that 95 of 100 frames keep; 0 before the first."""
        with self._lock:
            latencies = list(self._latencies_s)
        return 1000 * float(np.percentile(latencies, 95)) if latencies else 0.0

    def _work(self) -> None:
        while (name := self._schedule.take()) is not None:
            try:
                self._analyse(self._cameras[name])
            except StoreBusy as error:  # another process ends some time, and the next frame is as good
                self._note_fault(name, error)
            except (StoreError, ResultError) as error:  # kept for the thread that watches
                self._failure = error
                return
            except Exception as error:  # a defect in one camera's analysis ends no other camera
                self._note_fault(name, error)
            finally:
                self._schedule.release(name)

    def _note_fault(self, name: str, error: Exception) -> None:
        """Log why a frame was left out, for each camera and reason once: a fault may come with every frame."""
        is_foreseen = isinstance(error, SourceError | StoreBusy)
        fault = (name, str(error) if is_foreseen else type(error).__name__)
        with self._lock:
            if fault in self._faults:
                return
            self._faults.add(fault)
        _log.warning("%s: frames are left out: %s", name, error if is_foreseen else repr(error))
        if not is_foreseen:
            _log.debug("%s: a frame could not be analysed", name, exc_info=error)

    def _analyse(self, watched: WatchedCamera) -> None:
        frame = watched.camera.take(timeout_s=0)
        if frame is None:
            return
        reading = watched.pipeline.process(frame)
        for sink in watched.sinks:
            sink.add(frame, reading)
        with self._lock:
            self._analysed[reading.camera] += 1
            self._latest[reading.camera] = reading
            self._latencies_s.append(reading.latency_s)


def _status(captured: CaptureStatistics, analysed: int) -> CameraStatus:
    online_s = captured.online_s
    per_s = 1 / online_s if online_s > 0 else 0.0
    return CameraStatus(
        name=captured.name,
        state=captured.state,
        online_s=online_s,
        decoded_fps=captured.decoded * per_s,
        analysed_fps=analysed * per_s,
        dropped=captured.dropped,
        reconnects=captured.reconnects,
    )
