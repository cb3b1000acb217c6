"""Plots of the report as inline SVG, drawn in the page's own text colour so that they suit light and dark."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from markupsafe import Markup
from numpy.typing import NDArray

from mien.results.palette import css, expression_colour
from mien.results.records.tracks import ExpressionOverTime, Stretch
from mien.telemetry.text import counted

_WIDTH = 960
GUTTER = 150
"""What names and scales take beside a plot."""
_RIGHT = 12
AXIS_HEIGHT = 22
"""What the marks of time take below a plot."""
AREA_HEIGHT = 130.0
"""Of distributions over time."""
_MOST_INTERVALS = 200
_LEAST_STRETCH_PX = 1.5


@dataclass(frozen=True, slots=True)
class TimelineRow:
    """One track on the timeline: what it is called, the class of its colour, and its stretches."""

    title: str
    identity: str
    stretches: tuple[Stretch, ...]


def clock_text(seconds: float, step_s: float = 1.0) -> str:
    """A moment as m:ss or h:mm:ss, with decimals where the steps between moments are below a second."""
    decimals = 1 if step_s < 1 else 0
    seconds = round(seconds, decimals)
    whole = math.floor(seconds)
    fraction = f"{seconds - whole:.{decimals}f}"[1:] if decimals else ""
    hours, rest = divmod(whole, 3600)
    minutes, second = divmod(rest, 60)
    return f"{hours}:{minutes:02}:{second:02}{fraction}" if hours else f"{minutes}:{second:02}{fraction}"


def _step_s(duration_s: float) -> float:
    """The distance of time marks that gives at most eleven of them."""
    steps = (0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400)
    return next((step for step in steps if duration_s / step <= 11), duration_s / 8)


def x_of(seconds: float, duration_s: float) -> float:
    """Where a moment of a time stands."""
    return GUTTER + seconds / duration_s * (_WIDTH - GUTTER - _RIGHT)


def _time_axis(duration_s: float, height: float) -> Markup:
    step_s = _step_s(duration_s)
    marks = Markup("")
    for number in range(math.floor(duration_s / step_s + 1e-6) + 1):
        x = x_of(number * step_s, duration_s)
        marks += Markup('<line class="grid" x1="{0:.1f}" x2="{0:.1f}" y1="0" y2="{1:.1f}" />').format(x, height)
        marks += Markup('<text class="tick" x="{:.1f}" y="{:.1f}" text-anchor="middle">{}</text>').format(
            x, height + 15, clock_text(number * step_s, step_s)
        )
    return marks


def svg(height: float, description: str, content: Markup) -> Markup:
    """A plot as wide as the page, with a description for those who do not see it."""
    head = Markup('<svg viewBox="0 0 {} {:.0f}" role="img" aria-label="{}">').format(_WIDTH, height, description)
    return head + content + Markup("</svg>")


def timeline(rows: Sequence[TimelineRow], labels: tuple[str, ...], duration_s: float) -> Markup:
    """When each track was in view, coloured by its smoothed apparent expression."""
    duration_s = max(duration_s, 1e-3)
    pitch = 22 if len(rows) <= 20 else 16
    height = pitch * len(rows) + 4
    content = _time_axis(duration_s, height)
    for number, row in enumerate(rows):
        y = 2 + number * pitch
        content += Markup('<circle class="{}" cx="8" cy="{:.1f}" r="4" />').format(row.identity, y + pitch / 2)
        content += Markup('<text class="name" x="18" y="{:.1f}">{}</text>').format(y + pitch / 2 + 4, row.title)
        for stretch in row.stretches:
            left = x_of(stretch.start_s, duration_s)
            width = max(x_of(stretch.end_s, duration_s) - left, _LEAST_STRETCH_PX)
            content += Markup(
                '<rect x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{}" fill="{}"><title>{}</title></rect>'
            ).format(
                left,
                y + 2,
                width,
                pitch - 4,
                css(expression_colour(stretch.label, labels)),
                f"{row.title}: {stretch.label or 'not enough evidence'}, "
                f"{clock_text(stretch.start_s, 0.1)} to {clock_text(stretch.end_s, 0.1)}",
            )
    return svg(
        height + AXIS_HEIGHT, f"Timeline of {counted(len(rows), 'track')} over {duration_s:.1f} seconds", content
    )


def expression_area(expressions: ExpressionOverTime, labels: tuple[str, ...], duration_s: float) -> Markup:
    """The mean distribution of all faces in view over time, stacked; blank where no face was read."""
    duration_s = max(duration_s, 1e-3)
    sums, counts, interval_s = _coarser(expressions, duration_s)
    shares = sums / np.maximum(counts, 1)[:, None]
    content = _time_axis(duration_s, AREA_HEIGHT) + stacked(shares, counts > 0, labels, interval_s, duration_s)
    return svg(AREA_HEIGHT + AXIS_HEIGHT, "Mean distribution of apparent expressions over time", content)


def stacked(
    shares: NDArray[np.float64],
    is_shown: NDArray[np.bool_],
    labels: tuple[str, ...],
    interval_s: float,
    duration_s: float,
) -> Markup:
    """Distributions (n, k) of equal intervals, one above the other with their scale; blank where they are not shown."""
    height = AREA_HEIGHT
    upper = np.cumsum(shares, axis=1)
    content = Markup("")
    for share, text in ((0.0, "100 %"), (0.5, "50 %"), (1.0, "0 %")):
        content += Markup('<text class="tick" x="{}" y="{:.1f}" text-anchor="end">{}</text>').format(
            GUTTER - 8, share * height + (10 if share == 0 else 4 if share < 1 else 0), text
        )
    for number, label in enumerate(labels):
        lower = upper[:, number - 1] if number else np.zeros(len(upper))
        path = "".join(
            step_area(lower[run], upper[run, number], run.start, interval_s, (duration_s, height))
            for run in runs(is_shown)
        )
        content += Markup('<path d="{}" fill="{}"><title>{}</title></path>').format(
            path, css(expression_colour(label, labels)), label
        )
    return content


def _coarser(
    expressions: ExpressionOverTime, duration_s: float
) -> tuple[NDArray[np.float64], NDArray[np.int64], float]:
    """The used intervals, joined until the plot has at most 200."""
    used = max(1, min(len(expressions.counts), math.floor(duration_s / expressions.interval_s) + 1))
    together = math.ceil(used / _MOST_INTERVALS)
    starts = np.arange(0, used, together)
    sums = np.add.reduceat(expressions.sums[:used], starts, axis=0)
    return sums, np.add.reduceat(expressions.counts[:used], starts), expressions.interval_s * together


def runs(is_so: NDArray[np.bool_]) -> list[slice]:
    """Stretches of intervals of which something is so."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], is_so.astype(np.int8), [0]])))
    return [slice(int(start), int(stop)) for start, stop in zip(edges[0::2], edges[1::2], strict=True)]


def step_area(
    lower: NDArray[np.float64],
    upper: NDArray[np.float64],
    first: int,
    interval_s: float,
    extent: tuple[float, float],
) -> str:
    """A closed path between two step lines."""
    duration_s, height = extent
    edges = [x_of(min((first + n) * interval_s, duration_s), duration_s) for n in range(len(upper) + 1)]
    there = [(x, 1 - y) for n, y in enumerate(upper) for x in (edges[n], edges[n + 1])]
    back = [(x, 1 - y) for n, y in reversed(list(enumerate(lower))) for x in (edges[n + 1], edges[n])]
    return "M" + "L".join(f"{x:.1f} {y * height:.1f}" for x, y in (*there, *back)) + "Z"


def quality_histogram(counts: Sequence[int]) -> Markup:
    """How many readings fall into each tenth of picture quality."""
    height, left, total = 90.0, 34, sum(counts)
    largest = max(*counts, 1)
    pitch = (420 - left) / len(counts)
    content = Markup("")
    for number, count in enumerate(counts):
        bar = count / largest * (height - 14)
        x = left + number * pitch
        content += Markup(
            '<rect class="column" x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.1f}" rx="2"><title>{}</title></rect>'
        ).format(
            x + 2,
            height - bar,
            pitch - 4,
            bar,
            f"{number / len(counts):.1f} to {(number + 1) / len(counts):.1f}: {counted(count, 'reading')}",
        )
        if count:
            content += Markup('<text class="tick" x="{:.1f}" y="{:.1f}" text-anchor="middle">{}</text>').format(
                x + pitch / 2, height - bar - 4, f"{count / total:.0%}"
            )
    for number in range(0, len(counts) + 1, 2):
        content += Markup('<text class="tick" x="{:.1f}" y="{:.1f}" text-anchor="middle">{}</text>').format(
            left + number * pitch, height + 15, f"{number / len(counts):.1f}"
        )
    head = Markup('<svg viewBox="0 0 440 {:.0f}" role="img" aria-label="Distribution of picture quality">').format(
        height + AXIS_HEIGHT
    )
    return head + content + Markup("</svg>")
