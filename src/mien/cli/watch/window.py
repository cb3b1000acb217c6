"""`mien window`: one camera live in a window of the desktop, with keys."""

import os
import time
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, Annotated

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
    until_interrupted,
)
from mien.cli.watch.command import named_cameras
from mien.domain.clock import SystemClock
from mien.domain.errors import ResultError, UsageError
from mien.telemetry.text import counted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from mien.desk.backstage import Stage
    from mien.desk.display import Root
    from mien.desk.feed import Feed
    from mien.desk.screenshots import Screenshots
    from mien.desk.tally import WindowSummary
    from mien.desk.window import WindowSettings
    from mien.settings import CameraSettings, Settings
    from mien.sources.reconnect import LiveCamera

_LOOK_S = 0.05
_PICTURE_FIRST_S = 1.5  # so long the camera may take before models are loaded, which slows down all else


SourceArgument = Annotated[
    str | None,
    typer.Argument(
        metavar="SOURCE",
        help="A URL, the number of a webcam, a camera with depth (kinect:0, realsense:0, oak:0), a video or recording "
        "with depth (played over and over), or the name of a camera in the settings; without any: webcam 0.",
        show_default=False,
    ),
]


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be shown, by which settings and how, and where pictures of the window go."""

    settings: "Settings"
    name: str
    own: "CameraSettings"
    screenshots: Path | None
    is_fullscreen: bool
    has_depth: bool
    warns_of_several: bool
    is_mirrored: bool

    @property
    def is_flipped(self) -> bool:
        """Whether frames have to be flipped so that a webcam is seen as is wanted; other sources are as they are."""
        from mien.sources.opening import is_before_somebody, is_mirrored

        source = self.own.source
        return is_before_somebody(source) and self.is_mirrored != is_mirrored(source, self.own.capture)


@model_options()
def window(
    context: typer.Context,
    source: SourceArgument = None,
    camera: Annotated[
        int | None, typer.Option(metavar="N", min=0, max=999, help="A webcam by its number.", show_default=False)
    ] = None,
    screenshots: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR", help="Where the pictures go that s saves; without, this folder.", show_default=False
        ),
    ] = None,
    fullscreen: Annotated[bool, typer.Option("--fullscreen", metavar="", help="Take the whole screen.")] = False,
    depth: Annotated[bool, typer.Option("--depth", metavar="", help="Show depth beside the picture.")] = False,
    warn_several: Annotated[
        bool, typer.Option("--warn-several", metavar="", help="Warn when more than one face is in view.")
    ] = False,
    no_mirror: Annotated[
        bool, typer.Option("--no-mirror", metavar="", help="Show a webcam as it sees, not as a mirror.")
    ] = False,
    *,
    chosen: Chosen,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Watch one camera live in a window, with keys.

    Readings and events go to the database in the home, as with `mien watch`. Keys: q quits, p shows bars of all
    expressions, v the square of valence and arousal, s saves what is seen as a picture, f takes the whole screen, b
    blurs strangers, e enrols the face in front, d shows depth, ? lists them all. At the end it tells who was seen.

    Examples: `mien window`, `mien window door --fullscreen`, `mien window film.mp4`
    """
    from mien.desk.display import check_display, opened_root

    call = invocation(context)
    check_display(os.environ)
    if source is not None and camera is not None:
        raise UsageError(f"name one camera: either {source} or --camera {camera}")
    settings = call.settings(config, chosen)
    with until_interrupted() as stop, opened_root(stop.set) as root:  # before all that takes a while
        name, own = _camera(settings, source if source is not None else str(camera or 0))
        plan = Plan(settings, name, own, screenshots, fullscreen, depth, warn_several, not no_mirror)
        summary = _shown(call, root, plan, stop)
    if json:
        print_json(asdict(summary))
    else:
        _print(summary)


def _camera(settings: "Settings", typed: str) -> "tuple[str, CameraSettings]":
    """The one camera that is to be shown, by its name; raises UsageError, SourceNotFound."""
    cameras = named_cameras(settings, [typed])
    if len(cameras) != 1:
        raise UsageError(f"a window shows one camera, and {typed} holds {len(cameras)}: name one of them")
    ((name, own),) = cameras.items()
    if not own.enabled:
        raise UsageError(f"the camera {name} is disabled in the settings")
    return name, own


def _shown(call: Invocation, root: "Root", plan: Plan, stop: Event) -> "WindowSummary":
    """Show it until somebody ends it; what it came to."""
    from mien.desk.backstage import Backstage
    from mien.desk.feed import Feed
    from mien.desk.screenshots import Screenshots
    from mien.desk.window import Supply, Window

    own, clock = plan.own, SystemClock()
    limit_opencv()
    feed = Feed(reach=own.cadence.detect_every * own.tracking.min_hits)
    camera = _told_of(plan, feed)
    backstage = Backstage(_work(call, plan, camera, feed))
    shots = Screenshots(plan.screenshots or Path(), backstage.note)
    with _told_at_the_end(call, shots), closing(backstage), closing(camera):
        camera.start()
        supply = Supply(camera, feed, backstage, shots, clock)
        shown = Window(root, supply, _window_settings(call, plan), stop)
        backstage.start()
        summary = shown.run()
        backstage.close(lambda: call.notice("finishing…"))
    return summary


@contextmanager
def _told_at_the_end(call: Invocation, shots: "Screenshots") -> "Iterator[None]":
    """In the end, when nothing is noted in the home any more, tells which pictures were not saved."""
    try:
        yield
    finally:
        for error in shots.close():
            call.failure(str(error))


def _told_of(plan: Plan, feed: "Feed") -> "LiveCamera":
    """The camera, not started yet, of whose frames the window is told."""
    from mien.desk.feed import Told
    from mien.wiring.sources import open_camera

    return open_camera(plan.name, plan.own, SystemClock(), lambda source: Told(source, feed))


def _work(
    call: Invocation, plan: Plan, camera: "LiveCamera", feed: "Feed"
) -> "Callable[[Event, Callable[[Stage], None]], None]":
    def work(stop: Event, set_up: "Callable[[Stage], None]") -> None:
        if _is_stopped_before(stop, feed.is_shown, time.monotonic() + _PICTURE_FIRST_S):
            return
        from mien.wiring.desk import work_behind_window

        if not stop.is_set():
            fetch_models(call, plan.settings, cameras=[plan.own])
        work_behind_window(plan.settings, plan.own, camera, feed, SystemClock())(stop, set_up)

    return work


def _is_stopped_before(stop: Event, is_shown: Event, end_s: float) -> bool:
    """Whether all is over before a picture is shown, or the time is up."""
    while not stop.is_set() and not is_shown.wait(_LOOK_S) and time.monotonic() < end_s:
        pass
    return stop.is_set()


def _window_settings(call: Invocation, plan: Plan) -> "WindowSettings":
    from mien.desk.drawing.painting import Look
    from mien.desk.window import WindowSettings

    must_hide = plan.settings.privacy.blur_strangers
    look = Look(hides_strangers=must_hide, has_depth=plan.has_depth, warns_of_several=plan.warns_of_several)
    depth_range_m = plan.own.depth.near_m, plan.own.depth.far_m
    warning = _warning(plan.screenshots)
    return WindowSettings(look, plan.is_fullscreen, must_hide, plan.is_flipped, depth_range_m, warning, call.failure)


def _warning(screenshots: Path | None) -> str:
    """That nothing can be saved where somebody wants it, said before a moment is lost to that; else nothing."""
    from mien.results.atomic import check_folder

    try:
        if screenshots is not None:
            check_folder(screenshots)
    except ResultError as error:
        return f"s will save nothing: {error}"
    return ""


def _print(summary: "WindowSummary") -> None:
    seen = [*summary.people, *([counted(summary.strangers, "stranger")] if summary.strangers else [])]
    print_text(
        f"{summary.duration_s:.0f} s: {counted(summary.frames_shown, 'frame')} shown, {summary.mean_fps:.1f} fps on "
        f"average from the first; {summary.frames_analysed} analysed. Seen: {', '.join(seen) or 'nobody'}"
    )
