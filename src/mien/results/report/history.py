"""The report over a range of a history: a page of the same look as that of an analysis, person by person."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Self

from markupsafe import Markup

from mien.domain.circumplex import quadrant
from mien.domain.people.sightings import Sighting
from mien.domain.people.timelines import LEAST_LOOKS, Period, Timeline, TimelinePoint, ordered_labels
from mien.results.palette import NO_EVIDENCE, css, expression_colour
from mien.results.records.affect import Affect
from mien.results.report.calendar import calendar_area
from mien.results.report.page import environment
from mien.results.report.plane import plane
from mien.results.report.sections import Share

UNSURE = "unsure"
"""What a part of a distribution is called in which no expression was likely enough to be said."""


@dataclass(frozen=True, slots=True)
class VisitsLine:
    """How often somebody was in view and for how long altogether, the latest visits first; there may be ``more``."""

    count: int = 0
    seconds: float = 0.0
    latest: tuple[Sighting, ...] = ()
    is_more: bool = False


@dataclass(frozen=True, slots=True)
class HistorySection:
    """A person, or several as a group, as the report shows them."""

    title: str
    note: str
    why_not: str
    whole: TimelinePoint
    shares: tuple[Share, ...]
    area: Markup
    plane: Markup
    quadrant: str
    visits: VisitsLine | None = None
    pictures: tuple[str, ...] = ()

    @classmethod
    def of(cls, title: str, note: str, why_not: str, timeline: Timeline, period: Period) -> Self:
        """What a timeline tells; pictures and visits come beside it."""
        shown = timeline.whole.distribution
        labels = tuple(shown.probabilities) if shown else ()
        place = _place(timeline.whole)
        return cls(
            title,
            note,
            why_not,
            timeline.whole,
            _shares(timeline.whole),
            calendar_area(timeline, period, labels, title) if timeline.points else Markup(""),
            plane(_affect(timeline), title) if place else Markup(""),
            quadrant(*place) if place else "",
        )


@dataclass(frozen=True, slots=True)
class HistoryPage:
    """What a report over a range tells of whom; ``left_out`` people were seen, and there was no room for them."""

    begin: datetime
    end: datetime
    made_at: datetime
    period: Period
    camera: str
    why_not: str
    people: Sequence[HistorySection]
    group: HistorySection | None = None
    left_out: int = 0
    version: str = ""

    def render(self) -> str:
        """The page as text."""
        told = (one.whole.distribution for one in self.people)
        labels = ordered_labels({label for shown in told if shown for label in shown.probabilities})
        return (
            environment()
            .get_template("history.html.j2")
            .render(
                page=self,
                legend_entries=[Share(label, 0.0, css(expression_colour(label, tuple(labels)))) for label in labels],
                no_evidence=css(NO_EVIDENCE),
                least_looks=LEAST_LOOKS,
                readings=sum(one.whole.looks for one in self.people),
                visits=sum(one.visits.count for one in self.people if one.visits),
            )
        )


def _shares(point: TimelinePoint) -> tuple[Share, ...]:
    if point.distribution is None:
        return ()
    shown, labels = point.distribution, tuple(point.distribution.shares)
    said = [Share(label, part, css(expression_colour(label, labels))) for label, part in shown.shares.items() if part]
    return (*said, *([Share(UNSURE, shown.unsure, css(NO_EVIDENCE))] if shown.unsure else []))


def _place(point: TimelinePoint) -> tuple[float, float] | None:
    """Mean valence and arousal, where enough readings have them."""
    shown = point.distribution
    if shown is None or shown.valence is None or shown.arousal is None:
        return None
    return shown.valence, shown.arousal


def _affect(timeline: Timeline) -> Affect:
    """Where a timeline lies on the plane: the means of its stretches, weighed by how much was looked at."""
    found = Affect()
    points = [(place, one.looks) for one in timeline.points.values() if (place := _place(one))]
    whole = _place(timeline.whole)
    for place, looks in points or ([(whole, timeline.whole.looks)] if whole else []):
        found.add_mean(*place, looks)
    return found
