"""Plots over days and hours: a timeline with how much was looked at, drawn as the other plots of reports are."""

import math
from collections.abc import Iterator
from datetime import UTC, datetime

import numpy as np
from markupsafe import Markup

from mien.domain.people.timelines import LENGTHS, Period, Timeline
from mien.results.palette import NO_EVIDENCE, css
from mien.results.report.charts import AREA_HEIGHT, AXIS_HEIGHT, GUTTER, runs, stacked, step_area, svg, x_of

MOST_COLUMNS = 240
"""Stretches of time that a plot can hold."""
_MINUTE_S, _DAY_S = 60, 86_400
_STEPS_S = tuple(
    minutes * _MINUTE_S for minutes in (1, 2, 5, 10, 15, 30, 60, 120, 180, 360, 720, 1440, 2880, 10_080, 20_160, 43_200)
)
_MOST_MARKS = 11
_COUNTS_HEIGHT, _GAP = 26.0, 6.0


def calendar_area(timeline: Timeline, period: Period, labels: tuple[str, ...], title: str) -> Markup:
    """The distributions of a timeline, stacked: grey where evidence is insufficient, blank where nobody was looked at.

    Below is how many readings there were.
    """
    step_s = LENGTHS[period.span].total_seconds()
    duration_s = (period.ends_at - period.begins_at).total_seconds()
    columns = round(duration_s / step_s)
    shares, looks = np.zeros((columns, len(labels))), np.zeros(columns)
    for at, point in timeline.points.items():
        column = int((at - period.begins_at).total_seconds() // step_s)
        looks[column] = point.looks
        if point.distribution is not None:
            shares[column] = [point.distribution.probabilities.get(label, 0.0) for label in labels]
    is_shown = shares.sum(axis=1) > 0
    height = AREA_HEIGHT + _GAP + _COUNTS_HEIGHT
    content = Markup("").join(_marks(period, height))
    content += _scarce((looks > 0) & ~is_shown, step_s, duration_s)
    content += stacked(shares, is_shown, labels, step_s, duration_s)
    content += _counts(looks, step_s, duration_s)
    described = (
        f"Apparent expression of {title}, {int(is_shown.sum())} of {columns} {period.span}s with enough evidence"
    )
    return svg(height + AXIS_HEIGHT, described, content)


def _scarce(is_scarce: np.ndarray, step_s: float, duration_s: float) -> Markup:
    """Where there were readings, and too few."""
    paths = "".join(
        step_area(
            np.zeros(run.stop - run.start), np.ones(run.stop - run.start), run.start, step_s, (duration_s, AREA_HEIGHT)
        )
        for run in runs(is_scarce)
    )
    return Markup('<path d="{}" fill="{}" opacity="0.35"><title>insufficient evidence</title></path>').format(
        paths, css(NO_EVIDENCE)
    )


def _counts(looks: np.ndarray, step_s: float, duration_s: float) -> Markup:
    most = looks.max(initial=0.0)
    parts = looks / max(most, 1.0)
    path = "".join(
        step_area(np.zeros(run.stop - run.start), parts[run], run.start, step_s, (duration_s, _COUNTS_HEIGHT))
        for run in runs(looks > 0)
    )
    top = AREA_HEIGHT + _GAP
    name = Markup('<text class="tick" x="{}" y="{:.1f}" text-anchor="end">up to {} readings</text>').format(
        GUTTER - 8, top + _COUNTS_HEIGHT - 8, f"{int(most):,}".replace(",", "\u202f")
    )
    bars = Markup('<path class="column" d="{}" transform="translate(0 {})"><title>readings</title></path>')
    return name + bars.format(path, top)


def _marks(period: Period, height: float) -> Iterator[Markup]:
    """Marks of time at whole hours, days and so on, in UTC."""
    begin_s, end_s = period.begins_at.timestamp(), period.ends_at.timestamp()
    duration_s = end_s - begin_s
    step_s = next((step for step in _STEPS_S if duration_s / step <= _MOST_MARKS), _STEPS_S[-1])
    for number in range(math.ceil(begin_s / step_s), math.floor(end_s / step_s) + 1):
        moment = datetime.fromtimestamp(number * step_s, UTC)
        is_day = step_s >= _DAY_S or not (moment.hour or moment.minute)
        x = x_of(number * step_s - begin_s, duration_s)
        yield Markup('<line class="grid" x1="{0:.1f}" x2="{0:.1f}" y1="0" y2="{1:.1f}" />').format(x, height)
        yield Markup('<text class="tick" x="{:.1f}" y="{:.1f}" text-anchor="{}">{}</text>').format(
            x, height + 15, "end" if x > 940 else "middle", f"{moment.day} {moment:%b}" if is_day else f"{moment:%H:%M}"
        )
