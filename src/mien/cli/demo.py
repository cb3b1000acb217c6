"""`mien demo`: mien at work on real faces, with nothing to prepare."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mien.cli.terminal import (
    DownloadBar,
    fetch_models,
    invocation,
    limit_opencv,
    print_text,
    stdout_console,
    until_interrupted,
)
from mien.domain.clock import SystemClock

if TYPE_CHECKING:
    from mien.domain.events import CameraStatus
    from mien.domain.readings import FrameReading


def demo(
    context: typer.Context,
    seconds: Annotated[float, typer.Option(metavar="S", min=1, help="How long it runs.")] = 20.0,
    out: Annotated[Path, typer.Option("--out", "-o", metavar="DIR", help="Where the results go.")] = Path(
        "demo-output"
    ),
) -> None:
    """See mien at work on two demo cameras, with nothing to prepare.

    Shows the live view and then writes an annotated video, tables and a report. People and history of the demo stay
    apart from your own.
    """
    from mien.cli.watch.live_view import LiveView
    from mien.demo import as_demo, fetch_media, run_demo

    call = invocation(context)
    settings = as_demo(call.settings())
    fetch_models(call, settings)
    media = fetch_media(settings, DownloadBar(call))
    limit_opencv()
    with until_interrupted() as stop, LiveView(stdout_console(), seconds) as view:

        def on_tick(
            statuses: "tuple[CameraStatus, ...]", readings: "Mapping[str, FrameReading]", elapsed_s: float
        ) -> None:
            view.show(statuses, readings, elapsed_s)
            if elapsed_s >= seconds:
                stop.set()

        files = run_demo(settings, media, out, stop, on_tick, SystemClock())
    print_text(f"The results are in {out}:")
    for path in files:
        print_text(f"  {path}")
