"""One analysis: many inputs, one after the other, each read whole, all of it written to one folder."""

from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from mien import __version__
from mien.domain.clock import Clock
from mien.domain.errors import SourceError, UsageError
from mien.engine.files import FileProgress, analyse
from mien.engine.sinks import ResultSink
from mien.pipeline.camera import CameraPipeline
from mien.pipeline.timings import StageTimings
from mien.results.summary import ModelUsed, Summary
from mien.results.writer import ResultWriter
from mien.sources.opening import source_name
from mien.sources.sampling import Sampler
from mien.sources.source import Source
from mien.telemetry.process import cpu_s, peak_rss_mb
from mien.telemetry.text import writable


@dataclass(frozen=True, slots=True)
class BatchSettings:
    """What is analysed of every input: each ``every_n``-th frame, or ``fps`` frames a second, or (both 0) all."""

    every_n: int = 0
    fps: float = 0.0


@dataclass(frozen=True, slots=True)
class BatchTools:
    """What an analysis works with: how a pipeline is built for a source, what it is made of, and the clock.

    ``open_source`` opens what was named, and raises SourceError and UsageError.
    ``expressions_refused`` says why expressions are not read, where they are not.
    """

    build_pipeline: Callable[[Source], CameraPipeline]
    models: tuple[ModelUsed, ...]
    timings: StageTimings
    open_source: Callable[[str], Source]
    confirmed_within_frames: int
    clock: Clock
    expressions_refused: str = ""


@dataclass(frozen=True, slots=True)
class Spent:
    """What an analysis came to: frames, and seconds as in a Summary."""

    frames_decoded: int
    frames_analysed: int
    wall_s: float
    startup_s: float
    cpu_s: float


def summarise(tools: BatchTools, spent: Spent) -> Summary:
    """The figures of an analysis that has ended just now; the writer completes them."""
    return Summary(
        frames_decoded=spent.frames_decoded,
        frames_analysed=spent.frames_analysed,
        wall_s=spent.wall_s,
        startup_s=spent.startup_s,
        cpu_s=spent.cpu_s,
        cpu_total_s=cpu_s(),
        peak_rss_mb=peak_rss_mb(),
        stage_ms=tools.timings.per_frame_ms(spent.frames_analysed),
        models=tools.models,
        version=__version__,
        confirmed_within_frames=tools.confirmed_within_frames,
        expressions_refused=tools.expressions_refused,
    )


@dataclass(frozen=True, slots=True)
class BatchResult:
    """What came of an analysis: the files, the figures, and a sentence for every input that failed.

    ``is_cut_short`` where inputs were left out, which is told among the failures. Of ``expressions`` of all
    ``faces`` that were read an expression was measured; ``unsure`` of these say none. ``flat`` are the names of the
    sources that were read and had no depth in any frame.
    """

    files: tuple[Path, ...]
    summary: Summary
    failures: tuple[str, ...]
    is_cut_short: bool = False
    faces: int = 0
    expressions: int = 0
    unsure: int = 0
    flat: tuple[str, ...] = ()


class Batch:
    """Analyses inputs into a ResultWriter. An input that fails is told and the rest goes on."""

    def __init__(
        self,
        tools: BatchTools,
        writer: ResultWriter,
        settings: BatchSettings,
        on_progress: Callable[[Source, FileProgress], None],
    ) -> None:
        self._tools = tools
        self._writer = writer
        self._settings = settings
        self._on_progress = on_progress
        self._decoded = 0
        self._analysed = 0
        self._faces = 0
        self._expressions = 0
        self._unsure = 0
        self._failures: list[str] = []
        self._flat: list[str] = []

    def run(
        self, specs: Sequence[str], started_s: float, goes_on: Callable[[int], bool] = lambda _: True
    ) -> BatchResult:
        """Analyse paths and addresses; ``started_s`` is the monotonic moment at which the call began.

        ``goes_on`` is asked before each input, with how many are done: false leaves out that one and all behind it.
        Where no input could be read at all, nothing is written. Raises ResultError where results cannot be written,
        StoreError where the gallery cannot.
        """
        clock = self._tools.clock
        opened_s, used_s = clock.monotonic_s(), cpu_s()
        done = 0
        while done < len(specs) and goes_on(done):
            self._analyse(specs[done])
            done += 1
        for spec in specs[done:]:
            self._failed(spec, f"{source_name(spec)} was not analysed: the analysis was ended before")
        spent = Spent(
            frames_decoded=self._decoded,
            frames_analysed=self._analysed,
            wall_s=clock.monotonic_s() - opened_s,
            startup_s=opened_s - started_s,
            cpu_s=cpu_s() - used_s,
        )
        summary = summarise(self._tools, spent)
        if self._failures and not self._decoded:
            self._writer.discard()  # nothing could be read: results of an earlier analysis are worth more
            return BatchResult((), summary, tuple(self._failures), is_cut_short=done < len(specs))
        files = self._writer.close(summary)
        ended = tuple(self._failures), done < len(specs)
        counts = self._faces, self._expressions, self._unsure
        return BatchResult(files, summary, *ended, *counts, tuple(self._flat))

    def _analyse(self, spec: str) -> None:
        try:
            source = self._tools.open_source(spec)
        except (SourceError, UsageError) as error:
            self._failed(spec, writable(str(error)))
            return
        with closing(source):
            self._read(source)

    def _failed(self, spec: str, reason: str) -> None:
        self._failures.append(reason)
        self._writer.failed(source_name(spec), reason)

    def _read(self, source: Source) -> None:
        results = ResultSink(self._writer, source.name, source.frame_rate, source.is_still)
        pipeline = self._tools.build_pipeline(source)
        progress = analyse(
            source,
            pipeline,
            Sampler(self._settings.every_n, self._settings.fps),
            results,
            lambda progress: self._on_progress(source, progress),
        )
        failure = writable(progress.failure)
        results.finish(pipeline.finish(), progress.decoded, failure)
        self._decoded += progress.decoded
        self._analysed += progress.analysed
        self._faces += progress.faces
        self._expressions += progress.expressions
        self._unsure += progress.unsure
        if progress.analysed and not progress.depths:
            self._flat.append(source.name)
        if failure:
            self._failures.append(failure)
