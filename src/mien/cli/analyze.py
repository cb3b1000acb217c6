"""`mien analyze`: pictures, videos and streams, read whole and written to a folder."""

import json as json_format
import sys
import time
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from threading import Event
from types import TracebackType
from typing import TYPE_CHECKING, Annotated, Any, Self

import typer

from mien.cli.options import Chosen, model_options
from mien.cli.terminal import (
    INTERRUPTED,
    ConfigOption,
    Invocation,
    JsonOption,
    fetch_models,
    invocation,
    limit_opencv,
    print_json,
    print_text,
    printable,
    stderr_console,
    until_interrupted,
)
from mien.domain.clock import SystemClock
from mien.domain.errors import SourceError, UsageError
from mien.telemetry.text import counted

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

    from mien.engine.batch import BatchResult
    from mien.engine.files import FileProgress
    from mien.settings import Settings
    from mien.sources.source import Source

_REDRAW_S = 0.1
_NAME_CELLS = 32


@model_options()
def analyze(
    context: typer.Context,
    sources: Annotated[
        list[str],
        typer.Argument(
            metavar="PATH|URL",
            help="Pictures, videos, folders of them, patterns such as '*.mp4', recordings with depth, URLs.",
        ),
    ],
    out: Annotated[Path, typer.Option("--out", "-o", metavar="DIR", help="Where the results go.")] = Path(
        "mien-output"
    ),
    video: Annotated[
        bool, typer.Option("--video", metavar="", help="Also write annotated.mp4 with every face marked.")
    ] = False,
    warn_several: Annotated[
        bool,
        typer.Option("--warn-several", metavar="", help="With --video: a plate where more than one face is in view."),
    ] = False,
    depth_view: Annotated[
        bool, typer.Option("--depth-view", metavar="", help="As --video, with the depth of every frame beside it.")
    ] = False,
    jsonl: Annotated[
        bool, typer.Option("--jsonl", metavar="", help="Also write readings.jsonl, one object per reading.")
    ] = False,
    every: Annotated[int, typer.Option(metavar="N", min=0, help="Analyse every N-th frame only; 0: all.")] = 0,
    fps: Annotated[float, typer.Option(metavar="F", min=0, help="Analyse F frames a second only; 0: all.")] = 0.0,
    *,
    chosen: Chosen,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Read pictures, videos and streams whole, into tables and a report.

    Writes readings.csv, readings.parquet, tracks.csv, people.csv, emotion_results.csv, report.html and summary.json, in
    place of the results of an earlier analysis there. An input that cannot be read is told at the end, and the exit
    code is 1; the others are done.

    Examples: `mien analyze holiday/ --out results`, `mien analyze talk.mp4 --video --fps 5`
    """
    _check((every, fps), video=video or depth_view, warns_of_several=warn_several)
    call = invocation(context)
    settings = call.settings(config, chosen)
    result = _analysed(call, settings, sources, out, (video, warn_several, depth_view, jsonl, every, fps))
    if depth_view and result.flat:
        _tell_flat(call, result.flat)
    _tell(call, result, out, is_json=json)


def _check(sampling: tuple[int, float], *, video: bool, warns_of_several: bool) -> None:
    """Raise UsageError where options do not go together."""
    if all(sampling):
        raise UsageError("--every and --fps exclude each other")
    if warns_of_several and not video:
        raise UsageError("--warn-several goes with --video: it is drawn into the annotated pictures")


def _tell(call: Invocation, result: "BatchResult", out: Path, *, is_json: bool) -> None:
    """Say what came of it, and end with the exit code for that."""
    for failure in result.failures:
        call.failure(failure)
    if is_json:
        print_json(_object(result, out))
    else:
        _print(result, out)
    if result.failures:
        raise typer.Exit(INTERRUPTED if result.is_cut_short else 1)


def _tell_flat(call: Invocation, names: Sequence[str]) -> None:
    """Say which sources had no depth to be shown: they look like recordings whose depth was lost."""
    others = f" and {counted(len(names) - 1, 'other source')}" if len(names) > 1 else ""
    verb = "have" if others else "has"
    call.notice(f"--depth-view: {printable(names[0])}{others} {verb} no depth, so there is none to be seen beside it")


class AnalysisBar:
    """Lines on stderr: of several inputs how many are done, and of a video its frames, with the time that is left.

    Ctrl-C ends a live source, whose results are kept, for it has no other end, and what comes behind it is left out; a
    file that was not read whole is worth nothing, and the call is given up.
    """

    def __init__(self, call: Invocation, count: int, stop: Event) -> None:
        self._stop = stop
        self._source: Source | None = None
        self._call = call
        is_shown = not call.is_quiet and sys.stderr.isatty()
        self._bar: Progress | None = _frames_bar() if is_shown else None
        self._inputs: TaskID | None = None
        self._frames: TaskID | None = None
        if self._bar is not None and count > 1:
            self._inputs = self._bar.add_task("inputs", total=count, speed="")
        self._began_s = self._drawn_s = 0.0

    def __enter__(self) -> Self:
        if self._bar is not None:
            self._bar.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self._bar is not None:
            self._bar.stop()

    def goes_on(self, done: int) -> bool:
        """Called before each input, with how many are done; false once the analysis is to end."""
        if self._bar is not None and self._inputs is not None:
            self._bar.update(self._inputs, completed=done)
        return not self._stop.is_set()

    def update(self, source: "Source", progress: "FileProgress") -> None:
        """Called after every frame; draws ten times a second at most."""
        if self._stop.is_set():
            if not source.is_live:
                raise KeyboardInterrupt
            source.close()
        now_s = time.monotonic()
        if source is not self._source:
            self._begin(source, now_s)
        is_last = source.frame_count and progress.decoded >= source.frame_count
        if self._bar is None or self._frames is None or (now_s - self._drawn_s < _REDRAW_S and not is_last):
            return
        self._drawn_s = now_s
        speed = progress.analysed / max(now_s - self._began_s, 1e-3)
        self._bar.update(self._frames, completed=progress.decoded, speed=f"{speed:.1f} frames/s")

    def _begin(self, source: "Source", now_s: float) -> None:
        self._source, self._began_s = source, now_s
        name = printable(source.name)
        if self._bar is None:
            self._call.notice(f"analysing {name}")
            return
        if self._frames is not None:
            self._bar.remove_task(self._frames)
            self._frames = None
        if not source.is_still:
            short = name if len(name) <= _NAME_CELLS else f"…{name[1 - _NAME_CELLS :]}"
            self._frames = self._bar.add_task(short, total=source.frame_count or None, speed="")


def _frames_bar() -> "Progress":
    from rich import progress

    return progress.Progress(
        progress.TextColumn("{task.description}", markup=False),
        progress.BarColumn(),
        progress.MofNCompleteColumn(),
        progress.TextColumn("{task.fields[speed]}", markup=False),
        progress.TimeRemainingColumn(compact=True),
        console=stderr_console(),
        transient=True,
    )


def _analysed(
    call: Invocation,
    settings: "Settings",
    sources: Sequence[str],
    out: Path,
    options: tuple[bool, bool, bool, bool, int, float],
) -> "BatchResult":
    from mien.engine.batch import Batch, BatchSettings
    from mien.results.writer import ResultWriter
    from mien.store.home import Home
    from mien.store.outputs import noted
    from mien.wiring.assembly import assemble, build_batch_tools, result_settings
    from mien.wiring.rights import build_upkeep

    Home(settings.home).check_outside(out)
    video, warns_of_several, depth_view, jsonl, every, fps = options
    clock = SystemClock()
    specs = _expanded(call, sources)
    fetch_models(call, settings)
    limit_opencv()
    with ExitStack() as stack:
        stop = stack.enter_context(until_interrupted())
        assembly = assemble(settings, stack, clock)
        tools = build_batch_tools(assembly, clock)
        wanted = result_settings(settings, video, jsonl, warns_of_several=warns_of_several, depth_view=depth_view)
        stack.enter_context(noted(assembly.stores.outputs, "analysis", clock, out))
        writer = ResultWriter(out, assembly.tasks.labels, len(specs), clock, wanted)
        stack.enter_context(writer)
        bar = stack.enter_context(AnalysisBar(call, len(specs), stop))
        if stop.is_set():
            raise KeyboardInterrupt
        build_upkeep(settings, assembly.stores, clock).once()
        return Batch(tools, writer, BatchSettings(every, fps), bar.update).run(specs, call.started_s, bar.goes_on)


def _expanded(call: Invocation, sources: Sequence[str]) -> list[str]:
    """Folders and patterns spelt out; one that holds nothing stays as it is and is told when its turn comes."""
    from mien.sources.opening import expand, has_inner_folders

    specs: list[str] = []
    for typed in sources:
        try:
            specs += expand(typed)
            if has_inner_folders(typed):
                call.notice(f"{typed}: folders inside it are not looked into")
        except SourceError:
            specs.append(typed)
    return specs


def _object(result: "BatchResult", out: Path) -> dict[str, Any]:
    """What summary.json holds, where the files are, and what failed; the same where nothing could be written."""
    from mien.results.summary import summary_fields

    fields = summary_fields(result.summary)
    if result.files:
        fields = json_format.loads((out / "summary.json").read_text(encoding="utf-8"))
    return {
        **fields,
        "out": str(out),
        "files": [str(path) for path in result.files],
        "failures": list(result.failures),
    }


def _print(result: "BatchResult", out: Path) -> None:
    summary = result.summary
    speed = summary.frames_analysed / summary.wall_s if summary.wall_s > 0 else 0.0
    print_text(f"{summary.frames_analysed} of {summary.frames_decoded} frames analysed, {speed:.1f} a second")
    if summary.frames_analysed and not result.faces:
        print_text("no face was found")
    if result.unsure:
        print_text(f"{result.unsure} of {result.expressions} readings too unsure to say an expression")
    written = ", ".join(sorted(path.name for path in result.files))
    print_text(f"{out}: {written or 'nothing was written, for nothing could be read'}")
