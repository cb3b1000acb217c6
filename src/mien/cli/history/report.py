"""`mien report`: what is kept of a range of time, as a page or as tables, in a file."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mien.cli.home import opened_home
from mien.cli.people.exchanging import OverwriteOption
from mien.cli.people.timelines import EndOption, moment
from mien.cli.terminal import JsonOption, invocation, print_json, print_text
from mien.domain.clock import SystemClock
from mien.domain.errors import UsageError

if TYPE_CHECKING:
    from mien.results.history.exporting import Format, What

WhatOption = Annotated[
    str | None,
    typer.Option(
        "--what",
        metavar="WHAT",
        show_default=False,
        help="report, readings, emotion_results or events; else readings where FILE ends as a table, or a report.",
    ),
]


def report(
    context: typer.Context,
    out: Annotated[Path, typer.Option("--out", "-o", metavar="FILE", help="The file, outside the home.")],
    what: WhatOption = None,
    people: Annotated[
        list[str] | None,
        typer.Option("--people", metavar="NAME", help="Only of this one: a name or an id; may be repeated."),
    ] = None,
    camera: Annotated[str, typer.Option("--camera", metavar="NAME", show_default=False, help="Only of this one.")] = "",
    begin: Annotated[
        str | None,
        typer.Option("--from", metavar="DATE", show_default=False, help="2027-06-30 or 2027-06-30T14:00; else a week."),
    ] = None,
    end: EndOption = None,
    form: Annotated[
        str | None,
        typer.Option(
            "--format", metavar="FORMAT", show_default=False, help="csv, jsonl or parquet of tables; else as FILE ends."
        ),
    ] = None,
    overwrite: OverwriteOption = False,
    json: JsonOption = False,
) -> None:
    """Write what was read and told of people in a range of time: a page to look at, or tables to go on with.

    The report shows apparent expressions, visits and kept pictures of those who are named, or of everybody who is
    enrolled. Tables hold every face, or those of the people named. What somebody did not agree to is in none. The file
    lies outside of mien: forgetting people does not reach it. At most 366 days; dates are of UTC.

    Example: `mien report --people "Ada Lovelace" --out ada.html`
    """
    from mien.results.history.selection import Asked
    from mien.wiring.rights import build_history_export

    call = invocation(context)
    wanted, written = _choice(what, form, out)
    asked = Asked(tuple(people or ()), camera, moment("--from", begin, "day"), moment("--to", end, "day", is_end=True))
    settings = call.settings(checks_models=False)
    with opened_home(call, settings) as stores:
        build_history_export(settings, stores, SystemClock()).write(wanted, written, asked, out, overwrites=overwrite)
    if json:
        print_json({"file": str(out), "what": wanted, "format": written})
    else:
        print_text(f"{out}: written; it lies outside of mien, where forgetting people does not reach")


def _choice(what: str | None, form: str | None, out: Path) -> "tuple[What, Format]":
    """What is to be written, and as what: as it is told, as the file ends, or as it usually is. Raises UsageError."""
    from mien.results.history.exporting import FORMATS

    ending = out.suffix.lower().removeprefix(".")
    wanted = _wanted(what, form or ending)
    there = FORMATS[wanted]
    written = next((one for one in there if one == (form or ending)), None if form else there[0])
    if written is None:
        raise UsageError(f"--format: {wanted} is written as {' or '.join(there)}, got {form!r}")
    is_known = any(ending in formats for formats in FORMATS.values())
    if ending and ending != written and (is_known or not form):
        ends = " or ".join(f".{one}" for one in there)
        raise UsageError(
            f"--out: {out.name} ends in .{ending}, and {wanted} would be written as {written}: let it end in {ends}"
        )
    return wanted, written


def _wanted(what: str | None, form: str) -> "What":
    """What is to be written: as it is told, or what is usually written in a format. Raises UsageError."""
    from mien.results.history.exporting import FORMATS, WHATS

    if what is None:
        return next((one for one in WHATS if form in FORMATS[one]), WHATS[0])
    wanted = next((one for one in WHATS if one == what), None)
    if wanted is None:
        raise UsageError(f"--what: expected {', '.join(WHATS)}, got {what!r}")
    return wanted
