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


def report(
    context: typer.Context,
    out: Annotated[Path, typer.Option("--out", "-o", metavar="FILE", help="The file, outside the home.")],
    what: Annotated[
        str, typer.Option("--what", metavar="WHAT", help="A report, readings, emotion_results or events.")
    ] = "report",
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

    Example: `mien report --people "Ada Lovelace" --from 2027-06-01 --out ada.html`
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


def _choice(what: str, form: str | None, out: Path) -> "tuple[What, Format]":
    """What is to be written, and as what: as it is told, as the file ends, or as it usually is. Raises UsageError."""
    from mien.results.history.exporting import FORMATS, WHATS

    wanted = next((one for one in WHATS if one == what), None)
    if wanted is None:
        raise UsageError(f"--what: expected {', '.join(WHATS)}, got {what!r}")
    there = FORMATS[wanted]
    if form is None:
        return wanted, next((one for one in there if out.suffix.lower() == f".{one}"), there[0])
    told = next((one for one in there if one == form), None)
    if told is None:
        raise UsageError(f"--format: {wanted} is written as {' or '.join(there)}, got {form!r}")
    return wanted, told
