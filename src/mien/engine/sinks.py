"""Who is told of readings: the protocol, the results of a source, and the history in the database."""

from typing import Protocol

from mien.domain.clock import Clock
from mien.domain.frame import Frame
from mien.domain.readings import FaceReading, FrameReading
from mien.engine.shots import TrackPortraits
from mien.events.recorder import Recorder
from mien.events.rules import SightingRules
from mien.results.rows import FinalIdentity
from mien.results.writer import ResultWriter, SourceEnd


class ReadingSink(Protocol):
    """Takes the readings of one source, in order, one at a time."""

    def add(self, frame: Frame, reading: FrameReading) -> None:
        """Take one analysed frame."""
        ...


class ResultSink:
    """One source's part of a ResultWriter: its rows, a portrait of each track, and who each track was at last."""

    def __init__(self, writer: ResultWriter, source: str, frame_rate: float = 0.0, is_still: bool = False) -> None:
        self._writer = writer
        self._source = source
        self._results = writer.start(source, frame_rate, is_still)
        self._portraits = TrackPortraits()
        self._last: dict[int, FaceReading] = {}

    def add(self, frame: Frame, reading: FrameReading) -> None:
        self._results.add(frame, reading)
        self._portraits.add(frame, reading)
        self._last.update({face.track_id: face for face in reading.faces})

    def finish(self, frames_decoded: int, failure: str = "") -> None:
        """The source has ended; the last decision about a track holds for all of it."""
        for track_id, portrait in self._portraits.portraits():
            self._writer.best_shot(self._source, track_id, portrait)
        identities = {
            track_id: FinalIdentity(face.identity, face.person_id, face.person_name, face.similarity, face.margin)
            for track_id, face in self._last.items()
        }
        self._results.finish(identities, SourceEnd(frames_decoded, failure))


class HistorySink:
    """One camera's readings and sightings on their way to the database."""

    def __init__(self, recorder: Recorder, run_id: int, rules: SightingRules, clock: Clock) -> None:
        self._recorder = recorder
        self._run_id = run_id
        self._rules = rules
        self._clock = clock

    def add(self, frame: Frame, reading: FrameReading) -> None:  # noqa: ARG002  the history keeps no pictures
        self._recorder.record(self._run_id, reading)
        self._recorder.tell(self._rules.see(reading, self._clock.now()))
