"""The report: one self-contained HTML page that needs no network, in light, in dark and on paper."""

from collections.abc import Sequence
from datetime import datetime
from functools import cache
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from mien.results.atomic import PendingFile, pending_text
from mien.results.palette import NO_EVIDENCE, css, expression_colour
from mien.results.report.charts import clock_text
from mien.results.report.sections import PersonLine, Share, SourceSection
from mien.results.summary import Summary

_MOST_SECTIONS = 20
_MOST_STILL_FACES = 300
_MOST_PEOPLE = 100
_MOST_PLANES = 24
_MOST_FAILURES = 200


def render_report(
    summary: Summary, sections: Sequence[SourceSection], people: Sequence[PersonLine], began_at: datetime
) -> str:
    """The page as text; every name in it is escaped, nothing in it is fetched."""
    videos = [section for section in sections if not section.is_still]
    still_faces = [track for section in sections if section.is_still for track in section.tracks]
    failures = [outcome for outcome in summary.sources if outcome.status == "failed"]
    labels = sections[0].labels if sections else ()
    placed = [person for person in people if person.affect_source]
    return (
        environment()
        .get_template("report.html.j2")
        .render(
            summary=summary,
            began_at=began_at,
            people=people[:_MOST_PEOPLE],
            people_left_out=max(0, len(people) - _MOST_PEOPLE),
            planes=placed[:_MOST_PLANES],
            planes_left_out=max(0, len(placed) - _MOST_PLANES),
            videos=videos[:_MOST_SECTIONS],
            videos_left_out=max(0, len(videos) - _MOST_SECTIONS),
            pictures=len(sections) - len(videos),
            still_faces=still_faces[:_MOST_STILL_FACES],
            still_faces_left_out=max(0, len(still_faces) - _MOST_STILL_FACES),
            failures=failures[:_MOST_FAILURES],
            failures_left_out=max(0, len(failures) - _MOST_FAILURES),
            legend_entries=[Share(label, 0.0, css(expression_colour(label, labels))) for label in labels],
            no_evidence=css(NO_EVIDENCE),
            readings=sum(section.readings for section in sections),
            known=sum(person.identity == "known" for person in people),
            strangers=sum(person.identity == "unknown" for person in people),
            stages=_stages(summary),
            is_judged=any(model.task == "liveness" for model in summary.models),
        )
    )


@cache
def environment() -> Environment:
    """Where the templates of reports are; every text in them is escaped, nothing in them is fetched."""
    found = Environment(
        loader=PackageLoader("mien.results.report", "."),
        autoescape=select_autoescape(["j2"], default=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    found.filters["clock"] = clock_text
    found.filters["day"] = lambda moment: f"{moment.day} {moment:%B %Y}"
    found.filters["percent"] = lambda share: f"{share:.0%}".replace("%", " %")
    found.filters["thousands"] = lambda count: f"{count:,}".replace(",", " ")
    return found


def _stages(summary: Summary) -> list[tuple[str, float, float]]:
    """Stages by cost: name, milliseconds per analysed frame, part of the most costly."""
    most = max(summary.stage_ms.values(), default=0.0) or 1.0
    ordered = sorted(summary.stage_ms.items(), key=lambda stage: -stage[1])
    return [(name, milliseconds, milliseconds / most) for name, milliseconds in ordered]


def write_report(
    path: Path, summary: Summary, sections: Sequence[SourceSection], people: Sequence[PersonLine], began_at: datetime
) -> PendingFile:
    """Write ``report.html``, to be committed; raises ResultError."""
    return pending_text(path, render_report(summary, sections, people, began_at))
