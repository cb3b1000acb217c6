"""`mien demo`: mien at work on real faces, with nothing to prepare."""

from pathlib import Path
from typing import Annotated

import typer

from mien.cli.terminal import invocation


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
    raise NotImplementedError
