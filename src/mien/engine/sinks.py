"""Who is told of readings: the protocol, the results of a source, and the history in the database."""

from collections.abc import Iterable, Sequence
from typing import Protocol

from mien.domain.clock import Clock
from mien.domain.frame import Frame
from mien.domain.readings import FrameReading, TrackEnd
from mien.engine.shots import TrackPortraits
from mien.events.recorder import Recorder
from mien.events.rules import Rules
from mien.results.rows import FinalIdentity
from mien.results.writer import ResultWriter, SourceEnd
from mien.sources.sampling import Sampler
from mien.store.history.readings import Run


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
        self._portraits = TrackPortraits(writer.blurs_strangers)
        self._identities: dict[int, FinalIdentity] = {}

    def add(self, frame: Frame, reading: FrameReading) -> None:
        self._results.add(frame, reading)
        self._portraits.add(frame, reading)
        self._decide(reading.ended)

    def finish(self, ended: Iterable[TrackEnd], frames_decoded: int, failure: str = "") -> None:
        """The source has ended, and with it the tracks that were left; the last decision holds for all of a track."""
        self._decide(ended)
        for track_id, portrait in self._portraits.portraits():
            self._writer.best_shot(self._source, track_id, portrait)
        self._results.finish(self._identities, SourceEnd(frames_decoded, failure))

    def _decide(self, ended: Iterable[TrackEnd]) -> None:
        for track in ended:
            self._identities[track.track_id] = FinalIdentity.of(track.identity, track.person_name, track.is_unread)


class HistorySink:
    """One camera on its way to the database: the events of every frame, the readings of those the sampler wants."""

    def __init__(self, recorder: Recorder, run: Run, rules: Sequence[Rules], sampler: Sampler, clock: Clock) -> None:
        self._recorder = recorder
        self._run = run
        self._rules = rules
        self._sampler = sampler
        self._clock = clock

    def add(self, frame: Frame, reading: FrameReading) -> None:
        if self._sampler.wants(frame):
            self._recorder.record(self._run, reading)
        now = self._clock.now()
        for rules in self._rules:
            self._recorder.tell(rules.see(reading, now))
