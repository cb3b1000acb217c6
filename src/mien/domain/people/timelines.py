"""Timelines: which expressions somebody appeared to show over time, or that there is too little to say so."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Literal, Self, get_args

from mien.domain.emotions import EMOTION_LABELS, expression_of
from mien.domain.errors import UsageError

Span = Literal["minute", "hour", "day"]
"""How long a stretch of time is that is told as one; days are those of UTC."""
SPANS: tuple[Span, ...] = get_args(Span)
LENGTHS: Mapping[Span, timedelta] = MappingProxyType(
    {"minute": timedelta(minutes=1), "hour": timedelta(hours=1), "day": timedelta(days=1)}
)

LEAST_LOOKS = 20
"""With fewer readings nothing is said of an expression: insufficient evidence.

They are the readings of four seconds at the five a second that are kept by default, in which a network has looked at
the face seven to thirteen times.
"""
MOST_POINTS = 10_000
"""What one question may ask for: stretches of time, times people."""

_USUAL: Mapping[Span, timedelta] = MappingProxyType(
    {"minute": timedelta(hours=6), "hour": timedelta(days=14), "day": timedelta(days=90)}
)


def begin_of(span: Span, at: datetime) -> datetime:
    """When the span begins in which a moment lies, in UTC."""
    begins = at.astimezone(UTC).replace(second=0, microsecond=0)
    if span == "minute":
        return begins
    return begins.replace(minute=0) if span == "hour" else begins.replace(minute=0, hour=0)


@dataclass(frozen=True, slots=True)
class Rollup:
    """Readings of a person in one span, added up.

    ``looks`` are readings that hold an expression, be it measured in that very frame or the answer that stands;
    ``unsure`` of them say none. ``winners`` is how often each label was said; ``probabilities`` are summed label by
    label. ``placed`` readings have valence and arousal, which are summed.
    """

    person_id: str
    span: Span
    begins_at: datetime
    labels: tuple[str, ...]
    looks: int
    unsure: int
    winners: tuple[int, ...]
    probabilities: tuple[float, ...]
    placed: int
    valence: float
    arousal: float


@dataclass(frozen=True, slots=True)
class Period:
    """From when until when, its end excluded, in which steps; both ends are where such a span begins."""

    span: Span
    begins_at: datetime
    ends_at: datetime

    @classmethod
    def asked(cls, span: Span, begin: datetime | None, end: datetime | None, now: datetime) -> Self:
        """The spans in which two moments lie and all between them; without an end up to now.

        Without a begin 6 hours of minutes, 14 days of hours or 90 days of days. Raises UsageError where it ends before
        it begins or nobody could tell.
        """
        length = LENGTHS[span]
        try:
            last = begin_of(span, end or now)
            ends_at = last if last == end else last + length
            begins_at = begin_of(span, begin) if begin else ends_at - _USUAL[span]
        except OverflowError as error:
            raise UsageError("the times of a timeline lie too far from today") from error
        if begins_at >= ends_at:
            raise UsageError(
                f"a timeline has to begin before it ends: got {begins_at:%Y-%m-%d %H:%M} to {ends_at:%Y-%m-%d %H:%M}"
            )
        return cls(span, begins_at, ends_at)

    def check_size(self, people: int) -> None:
        """Raise UsageError where this is too long to be told of so many people at once."""
        count = (self.ends_at - self.begins_at) // LENGTHS[self.span] * max(people, 1)
        if count > MOST_POINTS:
            raise UsageError(
                f"{count} points are more than the {MOST_POINTS} that are told at once: ask for longer spans, a "
                f"shorter time or fewer people"
            )


@dataclass(frozen=True, slots=True)
class Distribution:
    """Which expressions somebody appeared to show; all values are means over looks.

    ``probabilities`` by expression, summing to 1; ``shares`` of looks in which it was said, summing to 1 with
    ``unsure``. ``valence`` and ``arousal`` in [-1, 1], or none where too few looks have them.
    """

    probabilities: Mapping[str, float]
    shares: Mapping[str, float]
    unsure: float
    valence: float | None = None
    arousal: float | None = None

    @property
    def likeliest(self) -> str:
        """The expression that was said most often."""
        return max(self.shares, key=self.shares.__getitem__)


@dataclass(frozen=True, slots=True)
class TimelinePoint:
    """One stretch of time: how often ``people`` were looked at, and what they appeared to show.

    Without a distribution the evidence is insufficient, which is not neutral.
    """

    looks: int
    people: int
    distribution: Distribution | None

    @property
    def is_sufficient(self) -> bool:
        """Whether there was enough to say anything."""
        return self.distribution is not None


@dataclass(frozen=True, slots=True)
class Timeline:
    """All of a period as one, and each of its spans in which anybody was looked at, by its begin and in that order."""

    whole: TimelinePoint
    points: Mapping[datetime, TimelinePoint]


@dataclass(frozen=True, slots=True)
class Difference:
    """By how much a second distribution exceeds a first one.

    ``distance`` in [0, 1] is half the sum of what the probabilities differ by (total variation).
    """

    probabilities: Mapping[str, float]
    unsure: float
    valence: float | None
    arousal: float | None
    distance: float


def timeline_of(rollups: Iterable[Rollup]) -> Timeline:
    """The timeline of one person, from roll-ups of one span under all of their ids."""
    found = sorted(rollups, key=lambda one: one.begins_at)
    by_begin: dict[datetime, list[Rollup]] = defaultdict(list)
    for one in found:
        by_begin[one.begins_at].append(one)
    return Timeline(_point(found), {begins_at: _point(own) for begins_at, own in by_begin.items()})


def group_of(timelines: Sequence[Timeline]) -> Timeline:
    """The timeline of a group: each person's mean weighs the same, however often they were looked at."""
    begins = sorted({begins_at for one in timelines for begins_at in one.points})
    points = {at: _group_point([one.points[at] for one in timelines if at in one.points]) for at in begins}
    return Timeline(_group_point([one.whole for one in timelines]), points)


def difference(first: TimelinePoint, second: TimelinePoint) -> Difference | None:
    """How a second stretch differs from a first one; none where either has insufficient evidence."""
    one, other = first.distribution, second.distribution
    if one is None or other is None:
        return None
    apart = {
        label: other.probabilities.get(label, 0.0) - one.probabilities.get(label, 0.0)
        for label in ordered_labels({*one.probabilities, *other.probabilities})
    }
    return Difference(
        apart,
        other.unsure - one.unsure,
        _less(other.valence, one.valence),
        _less(other.arousal, one.arousal),
        min(sum(map(abs, apart.values())) / 2, 1.0),
    )


def _point(rollups: Sequence[Rollup]) -> TimelinePoint:
    """One person's readings of a stretch as means; labels of several models that mean the same are one."""
    looks = sum(one.looks for one in rollups)
    if looks < LEAST_LOOKS:
        return TimelinePoint(looks, 1 if looks else 0, None)
    probabilities: dict[str, float] = defaultdict(float)
    shares: dict[str, float] = defaultdict(float)
    for one in rollups:
        for label, probability, wins in zip(one.labels, one.probabilities, one.winners, strict=True):
            probabilities[expression_of(label)] += probability / looks
            shares[expression_of(label)] += wins / looks
    placed = sum(one.placed for one in rollups)
    is_placed = placed >= LEAST_LOOKS
    return TimelinePoint(
        looks,
        1,
        Distribution(
            {label: probabilities[label] for label in ordered_labels(probabilities)},
            {label: shares[label] for label in ordered_labels(shares)},
            sum(one.unsure for one in rollups) / looks,
            sum(one.valence for one in rollups) / placed if is_placed else None,
            sum(one.arousal for one in rollups) / placed if is_placed else None,
        ),
    )


def _group_point(points: Sequence[TimelinePoint]) -> TimelinePoint:
    """The mean of everybody of whom there is enough; of the others nothing counts, not even their looks."""
    weighed = [one for one in points if one.distribution is not None]
    found = [one.distribution for one in weighed if one.distribution is not None]
    if not found:
        return TimelinePoint(sum(one.looks for one in points), sum(one.people for one in points), None)
    labels = ordered_labels({label for one in found for label in one.probabilities})
    return TimelinePoint(
        sum(one.looks for one in weighed),
        len(weighed),
        Distribution(
            {label: _mean([one.probabilities.get(label, 0.0) for one in found]) for label in labels},
            {label: _mean([one.shares.get(label, 0.0) for one in found]) for label in labels},
            _mean([one.unsure for one in found]),
            _mean_of_some([one.valence for one in found]),
            _mean_of_some([one.arousal for one in found]),
        ),
    )


def ordered_labels(labels: Iterable[str]) -> list[str]:
    """Labels in the order in which mien tells expressions, others behind them by name."""
    place = {label: number for number, label in enumerate(EMOTION_LABELS)}
    return sorted(labels, key=lambda label: (place.get(label, len(place)), label))


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)


def _mean_of_some(values: Iterable[float | None]) -> float | None:
    there = [value for value in values if value is not None]
    return _mean(there) if there else None


def _less(value: float | None, other: float | None) -> float | None:
    return None if value is None or other is None else value - other
