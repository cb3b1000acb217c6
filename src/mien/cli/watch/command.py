"""`mien watch`: cameras live, in a view in the terminal or as one object at the end."""

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mien.cli.options import Chosen, model_options
from mien.cli.terminal import (
    ConfigOption,
    Invocation,
    JsonOption,
    fetch_models,
    invocation,
    limit_opencv,
    print_json,
    print_text,
    stdout_console,
    until_interrupted,
)
from mien.domain.clock import SystemClock
from mien.domain.errors import SourceNotFound, UsageError
from mien.domain.events import CameraStatus

if TYPE_CHECKING:
    from mien.cli.watch.live_view import LiveView
    from mien.domain.readings import FrameReading
    from mien.engine.watching import WatchSummary
    from mien.pipeline.tasks import Tasks
    from mien.settings import CameraSettings, Settings


@model_options()
def watch(
    context: typer.Context,
    sources: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="SOURCE",
            help="URLs, numbers of webcams, cameras with depth (kinect:0, realsense:0, oak:0), videos and recordings "
            "with depth (played over and over), or names of cameras in the settings; without any: all cameras in the "
            "settings.",
        ),
    ] = None,
    seconds: Annotated[float, typer.Option(metavar="S", min=0, help="End after so long; 0: when Ctrl-C is hit.")] = 0.0,
    *,
    chosen: Chosen,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Watch cameras live, in a view in the terminal.

    Readings and events go to the database in the home. A camera that dies shows as such and comes back by itself.
    Ctrl-C ends the watch. With --json there is no view, and at the end one object tells how each camera fared. The
    exit code is 1 where no camera ever delivered.

    Examples: `mien watch rtsp://viewer:secret@192.168.1.20/stream1`, `mien watch 0 --seconds 60`
    """
    call = invocation(context)
    watch_sources(call, call.settings(config, chosen), sources or (), seconds, json=json)


def watch_sources(
    call: Invocation, settings: "Settings", sources: Sequence[str], seconds: float = 0.0, *, json: bool = False
) -> None:
    """Watch what was typed, or all cameras in the settings; ends with exit code 1 where none ever delivered."""
    cameras = named_cameras(settings, sources)
    summary, reasons = _watched(call, settings, cameras, seconds, is_shown=not json)
    if json:
        print_json(_object(summary))
    else:
        _print(summary)
    for reason in reasons:
        call.failure(reason)
    if not any(camera.online_s > 0 for camera in summary.cameras):
        raise typer.Exit(1)


def named_cameras(settings: "Settings", sources: Sequence[str]) -> "dict[str, CameraSettings]":
    """What is to be watched, by name: cameras of the settings, or what was typed; raises MienError."""
    from mien.settings.tree import camera_settings
    from mien.sources.opening import check_watchable, expand, names_file, source_name

    cameras: dict[str, CameraSettings] = {}
    for typed in sources:
        if typed in settings.cameras:
            cameras[typed] = settings.cameras[typed]
            continue
        for source in expand(typed):
            if names_file(source) and "://" not in source and not Path(source).exists():
                raise SourceNotFound(f"{source} does not exist, and no camera of that name is in the settings")
            check_watchable(source)
            cameras[_free_name(source_name(source), source, cameras)] = camera_settings(settings, source)
    if not cameras and sources:
        raise UsageError("there is nothing to watch")
    if not (cameras or settings.cameras):
        raise UsageError("name a source to watch, or describe cameras in mien.yaml")
    return cameras or dict(settings.cameras)


def _free_name(name: str, source: str, cameras: "Mapping[str, CameraSettings]") -> str:
    """The name, numbered where another source has it: addresses may differ only in what is not shown."""
    free, number = name, 1
    while free in cameras and cameras[free].source != source:
        number += 1
        free = f"{name} ({number})"
    return free


def _watched(
    call: Invocation, settings: "Settings", cameras: "Mapping[str, CameraSettings]", seconds: float, is_shown: bool
) -> "tuple[WatchSummary, list[str]]":
    """Watch until Ctrl-C or the seconds end it; what it came to, and why cameras are not online at the end."""
    from mien.engine.watching import watch as watch_engine
    from mien.wiring.assembly import assemble, build_live_engine
    from mien.wiring.rights import build_lapsing, build_upkeep

    clock = SystemClock()
    disabled = tuple(CameraStatus(name, "disabled") for name, camera in cameras.items() if not camera.enabled)
    reasons: list[str] = []
    fetch_models(call, settings, cameras=[camera for camera in cameras.values() if camera.enabled])
    limit_opencv()
    with ExitStack() as stack:
        stop = stack.enter_context(until_interrupted())
        assembly = assemble(settings, stack, clock)
        stack.enter_context(build_upkeep(settings, assembly.stores, clock))
        stack.enter_context(build_lapsing(settings, assembly.stores, clock))
        engine, outages = build_live_engine(assembly, cameras, stack, clock)
        view = stack.enter_context(_view(seconds, assembly.tasks)) if is_shown else None

        def on_tick(
            statuses: tuple[CameraStatus, ...], readings: "Mapping[str, FrameReading]", elapsed_s: float
        ) -> None:
            reasons[:] = [one.outage for one in engine.statistics().values() if one.reason]
            if view is not None:
                view.show((*statuses, *disabled), readings, elapsed_s, reasons)
            if seconds and elapsed_s >= seconds:
                stop.set()

        summary = watch_engine(engine, outages, clock, stop, on_tick)
    return replace(summary, cameras=(*summary.cameras, *disabled)), reasons


def _view(seconds: float, tasks: "Tasks") -> "LiveView":
    from mien.cli.watch.live_view import LiveView
    from mien.pipeline.permissions import is_withheld

    withholds = partial(is_withheld, tasks.permission)
    return LiveView(stdout_console(), seconds, bool(tasks.classifier), withholds)


def _object(summary: "WatchSummary") -> dict[str, Any]:
    return {**asdict(summary), "cameras": [asdict(camera) for camera in summary.cameras]}


def _print(summary: "WatchSummary") -> None:
    print_text(
        f"watched for {summary.wall_s:.0f} s with {summary.cpu_s:.1f} CPU s and {summary.peak_rss_mb:.0f} MB; "
        + (
            f"95 of 100 readings came within {summary.latency_p95_ms:.0f} ms"
            if summary.latency_p95_ms
            else "no readings"
        )
    )
