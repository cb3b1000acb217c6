"""Timelines as fields of JSON and as a CSV table."""

import csv
import io
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from mien.domain.people.timelines import LEAST_LOOKS, Difference, Timeline, TimelinePoint, ordered_labels
from mien.results.columns import harmless
from mien.results.timelines.timelines import Comparison, PersonTimeline, Timelines

_COLUMNS = (
    "of",
    "name",
    "person_id",
    "span",
    "begins_at",
    "looks",
    "people",
    "evidence",
    "unsure",
    "valence",
    "arousal",
)
_DECIMALS = 4


def timeline_fields(told: Timelines) -> dict[str, Any]:
    """Timelines as JSON has them: times in UTC, null where evidence is insufficient."""
    return {
        "span": told.period.span,
        "from": told.period.begins_at.isoformat(),
        "to": told.period.ends_at.isoformat(),
        "least_looks": LEAST_LOOKS,
        "why_not": told.why_not,
        "coarser": told.coarser,
        "people": [_person(one) for one in told.people],
        "group": _timeline(told.group) if told.group else None,
        "comparison": _comparison(told.comparison) if told.comparison else None,
    }


def timeline_table(told: Timelines) -> str:
    """Timelines as CSV (RFC 4180, lines end in LF): a row for each stretch of time in which anybody was looked at.

    ``of`` is *person* or *group*; ``<label>_prob`` is the mean probability of an expression, ``<label>_share`` of how
    many looks it was said. What evidence is insufficient for is empty. Names that a spreadsheet would take for a
    formula get a leading apostrophe.
    """
    lines = [*_lines(told)]
    seen = {label for *_, point in lines if point.distribution for label in point.distribution.probabilities}
    labels = ordered_labels(seen)
    table = io.StringIO(newline="")
    writer = csv.writer(table, lineterminator="\n")
    shown = (*(f"{label}_prob" for label in labels), *(f"{label}_share" for label in labels))
    writer.writerow((*_COLUMNS, *shown))
    for of, name, person_id, at, point in lines:
        begins = (of, harmless(name), person_id, told.period.span, at.isoformat(), point.looks, point.people)
        writer.writerow((*begins, *_cells(point, labels)))
    return table.getvalue()


def _lines(told: Timelines) -> Iterator[tuple[str, str, str, datetime, TimelinePoint]]:
    for one in told.people:
        for at, point in one.timeline.points.items():
            yield "person", one.person.name, one.person.person_id, at, point
    for at, point in told.group.points.items() if told.group else ():
        yield "group", "", "", at, point


def _cells(point: TimelinePoint, labels: list[str]) -> list[Any]:
    shown = point.distribution
    if shown is None:
        return ["insufficient", *[""] * (3 + 2 * len(labels))]
    figures = [shown.unsure, shown.valence, shown.arousal]
    figures += [found.get(label) for found in (shown.probabilities, shown.shares) for label in labels]
    return ["sufficient", *("" if one is None else round(one, _DECIMALS) for one in figures)]


def _person(one: PersonTimeline) -> dict[str, Any]:
    who = {"person_id": one.person.person_id, "name": one.person.name, "why_not": one.why_not}
    return {**who, **_timeline(one.timeline)}


def _timeline(one: Timeline) -> dict[str, Any]:
    points = [{"at": at.isoformat(), **_point(point)} for at, point in one.points.items()]
    return {"whole": _point(one.whole), "points": points}


def _point(point: TimelinePoint) -> dict[str, Any]:
    shown = point.distribution
    return {
        "looks": point.looks,
        "people": point.people,
        "is_sufficient": point.is_sufficient,
        "distribution": {
            "probabilities": dict(shown.probabilities),
            "shares": dict(shown.shares),
            "unsure": shown.unsure,
            "valence": shown.valence,
            "arousal": shown.arousal,
        }
        if shown
        else None,
    }


def _comparison(one: Comparison) -> dict[str, Any]:
    points = [{"at": at.isoformat(), **_difference(apart)} for at, apart in one.points.items()]
    return {"whole": _difference(one.whole) if one.whole else None, "points": points}


def _difference(one: Difference) -> dict[str, Any]:
    return {
        "probabilities": dict(one.probabilities),
        "unsure": one.unsure,
        "valence": one.valence,
        "arousal": one.arousal,
        "distance": one.distance,
    }
