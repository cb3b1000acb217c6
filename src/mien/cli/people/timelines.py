"""`mien people timeline`: which expressions somebody appeared to show over time."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mien.cli.home import opened_home
from mien.cli.people.exchanging import OverwriteOption
from mien.cli.terminal import JsonOption, invocation, print_json, print_table, print_text
from mien.domain.clock import SystemClock
from mien.domain.errors import UsageError
from mien.telemetry.text import counted

if TYPE_CHECKING:
    from mien.domain.people.timelines import Span, Timeline, TimelinePoint
    from mien.results.timelines.timelines import Comparison, Timelines
    from mien.store.outputs import OutputStore

INSUFFICIENT = "insufficient evidence"
"""What people read in place of an expression where there were too few looks; it is not neutral."""


SpanOption = Annotated[
    str, typer.Option("--span", metavar="SPAN", help="In steps of a minute, hour or day; days are of UTC.")
]
BeginOption = Annotated[
    str | None,
    typer.Option(
        "--from",
        metavar="DATE",
        show_default=False,
        help="2027-06-30 or 2027-06-30T14:00; else 90 days, 14 days of hours or 6 hours of minutes.",
    ),
]
EndOption = Annotated[
    str | None,
    typer.Option("--to", metavar="DATE", show_default=False, help="Until then, the day included; else until now."),
]
TableOption = Annotated[
    Path | None,
    typer.Option("--csv", metavar="FILE", show_default=False, help="Write a table too, outside the home."),
]


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command("timeline")(timeline)


def timeline(
    context: typer.Context,
    names: Annotated[list[str], typer.Argument(metavar="NAME...", help="Names, or ids such as unknown-0007.")],
    span: SpanOption = "day",
    begin: BeginOption = None,
    end: EndOption = None,
    table: TableOption = None,
    overwrite: OverwriteOption = False,
    json: JsonOption = False,
) -> None:
    """Tell which expressions people appeared to show over time, of several also as a group, and how two compare.

    With fewer than 20 looks nothing is said: insufficient evidence, which is not neutral. In a group everybody weighs
    the same, however often they were looked at.

    Example: `mien people timeline "Ada Lovelace" --span hour --from 2027-06-01 --csv ada.csv`
    """
    from mien.results.timelines.table import timeline_fields, timeline_table
    from mien.wiring.people import build_timeline_search

    call, clock = invocation(context), SystemClock()
    settings, step = call.settings(checks_models=False), _span(span)
    period = moment("--from", begin, step), moment("--to", end, step, is_end=True)
    if table is not None:
        from mien.store.home import Home

        Home(settings.home).check_outside(table)
        if not overwrite and table.exists():
            raise UsageError(f"{table} is there already: --overwrite replaces it, another --csv keeps it")
    with opened_home(call, settings) as stores:
        told = build_timeline_search(settings, stores, clock).find(names, step, *period)
        if table is not None:
            _write(stores.outputs, table, timeline_table(told))
    if json:
        print_json({**timeline_fields(told), "csv": str(table) if table else None})
        return
    if told.coarser:
        call.notice(told.coarser)
    _show(told)
    if table is not None:
        print_text(f"{table}: written")


def _span(text: str) -> "Span":
    from mien.domain.people.timelines import SPANS

    found = next((one for one in SPANS if one == text), None)
    if found is None:
        raise UsageError(f"--span: expected {', '.join(SPANS)}, got {text!r}")
    return found


def moment(option: str, text: str | None, span: "Span", *, is_end: bool = False) -> datetime | None:
    """A date or time, or none where none is told; of an end that is a date all of the day. Raises UsageError."""
    if text is None:
        return None
    try:
        try:
            found = datetime.combine(date.fromisoformat(text), datetime.min.time())
            found += timedelta(days=1) if is_end else timedelta(0)
        except ValueError:
            found = datetime.fromisoformat(text)
        if found.tzinfo is None:
            found = found.replace(tzinfo=UTC) if span == "day" else found.astimezone()
        return found.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise UsageError(f"{option}: expected a date or a time such as 2027-06-30T14:00, got {text!r}") from error


def _write(outputs: "OutputStore", path: Path, text: str) -> None:
    from mien.results.atomic import pending_text
    from mien.store.outputs import noted

    with noted(outputs, "report", SystemClock(), path), pending_text(path, text):
        pass


def _show(told: "Timelines") -> None:
    if told.why_not:
        print_text(told.why_not)
        return
    for one in told.people:
        who = f"{one.person.name} ({one.person.person_id})" if one.person.name else one.person.person_id
        print_text(one.why_not or f"{who}: {_said(one.timeline.whole)}")
        _show_points(one.timeline, told.period.span)
    if told.group is not None and told.group.points:
        print_text(f"as a group of {counted(told.group.whole.people, 'person', 'people')}: {_said(told.group.whole)}")
        _show_points(told.group, told.period.span, is_group=True)
    if told.comparison is not None:
        print_text(_compared(told.comparison))


def _show_points(timeline: "Timeline", span: "Span", *, is_group: bool = False) -> None:
    if timeline.points:
        columns = (span, *(("people.",) if is_group else ()), "looks.", "mostly", "share.", "unsure.")
        rows = (_row(at, point, span, is_group) for at, point in timeline.points.items())
        print_table("", (*columns, "valence.", "arousal."), rows)


def _row(at: datetime, point: "TimelinePoint", span: "Span", is_group: bool) -> Iterable[str]:
    begins = f"{at:%Y-%m-%d}" if span == "day" else f"{at.astimezone():%Y-%m-%d %H:%M}"
    counts = (str(point.people),) if is_group else ()
    found = point.distribution
    if found is None:
        return (begins, *counts, str(point.looks), INSUFFICIENT, "–", "–", "–", "–")
    shares = (f"{found.shares[found.likeliest]:.0%}", f"{found.unsure:.0%}")
    return (begins, *counts, str(point.looks), found.likeliest, *shares, *map(_place, (found.valence, found.arousal)))


def _said(point: "TimelinePoint") -> str:
    """A stretch of time in words, the three expressions that were said most often first."""
    from mien.domain.people.timelines import LEAST_LOOKS

    looks = counted(point.looks, "look")
    if point.distribution is None:
        return f"{INSUFFICIENT}, {looks} of the {LEAST_LOOKS} that are needed"
    shares = sorted(point.distribution.shares.items(), key=lambda one: -one[1])
    said = ", ".join(f"{label} {share:.0%}" for label, share in shares[:3] if share)
    return f"{said or 'nothing'}, unsure {point.distribution.unsure:.0%}, in {looks}"


def _compared(comparison: "Comparison") -> str:
    apart = comparison.whole
    if apart is None:
        return f"the two cannot be compared: {INSUFFICIENT}"
    most = sorted(apart.probabilities.items(), key=lambda one: -abs(one[1]))[:3]
    told = ", ".join(f"{label} {100 * by:+.0f}" for label, by in most)
    return f"the second differs from the first by {apart.distance:.0%}, in points of likelihood: {told}"


def _place(value: float | None) -> str:
    return "–" if value is None else f"{value:+.2f}"
