"""Timelines of people, looked up in what is kept of them, with why there is nothing where that is so."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from mien.domain.clock import Clock
from mien.domain.people.consent import SCOPES, Scope
from mien.domain.people.people import Person
from mien.domain.people.timelines import Difference, Period, Span, Timeline, difference, group_of, timeline_of
from mien.gallery.names import called
from mien.gallery.roster import Roster
from mien.privacy.purpose import Purpose
from mien.store.consents import ConsentStore
from mien.store.history.rollups import RollupStore
from mien.store.people import PeopleStore


@dataclass(frozen=True, slots=True)
class PersonTimeline:
    """How it went with one person; ``why_not`` says why there is nothing, and is empty where there is anything."""

    person: Person
    timeline: Timeline
    why_not: str = ""


@dataclass(frozen=True, slots=True)
class Comparison:
    """How a second person differs from a first one: as a whole, and wherever there is enough of both."""

    whole: Difference | None
    points: Mapping[datetime, Difference]


@dataclass(frozen=True, slots=True)
class Timelines:
    """What was asked for: everybody's timeline, that of several as a group, and how two of them compare.

    ``why_not`` says why nothing may be told of anybody, ``coarser`` why the steps are longer than those that were asked
    for; they are empty otherwise.
    """

    period: Period
    people: tuple[PersonTimeline, ...]
    group: Timeline | None = None
    comparison: Comparison | None = None
    why_not: str = ""
    coarser: str = ""


class TimelineSearch:
    """Looks up timelines of people; tells none where the purpose forbids to read expressions.

    What was added up by minute is kept for ``minutes_days``: of a time that begins before it goes hour by hour.
    """

    def __init__(
        self,
        people: PeopleStore,
        rollups: RollupStore,
        consents: ConsentStore,
        purpose: Purpose,
        clock: Clock,
        minutes_days: float,
    ) -> None:
        self._minutes_days = minutes_days
        self._people = people
        self._rollups = rollups
        self._consents = consents
        self._purpose = purpose
        self._clock = clock

    def find(self, who: Sequence[str], span: Span, begin: datetime | None, end: datetime | None) -> Timelines:
        """The timelines of people by names or ids, each person once, from and until when as Period.asked has it.

        Raises PersonUnknown, GalleryError; UsageError where nobody is named or too much is asked for.
        """
        roster = Roster(self._people)
        period, coarser = self.kept(Period.asked(span, begin, end, self._clock.now()))
        period.check_size(len(who))
        return self.of([*{one.person_id: one for one in map(roster.find, who)}.values()], period, coarser)

    def of(self, people: Sequence[Person], period: Period, coarser: str = "") -> Timelines:
        """The timelines of people, each of whom is there once, over a period in steps of which something is kept."""
        if not self._purpose.allows_expressions:
            nothing = timeline_of(())
            told = tuple(PersonTimeline(one, nothing, self._purpose.why_not) for one in people)
            return Timelines(period, told, why_not=self._purpose.why_not, coarser=coarser)
        allowed = self._consents.valid(self._clock.now())
        told = tuple(self._of_person(one, period, allowed.get(one.person_id, SCOPES)) for one in people)
        timelines = [one.timeline for one in told]
        group = group_of(timelines) if len(timelines) > 1 else None
        comparison = _compared(*timelines) if len(timelines) == 2 else None
        return Timelines(period, told, group, comparison, coarser=coarser)

    def kept(self, asked: Period) -> tuple[Period, str]:
        """The period in the steps of which something is kept, and why these are longer, where they are."""
        now = self._clock.now()
        if asked.span != "minute" or asked.begins_at >= now - timedelta(days=self._minutes_days):
            return asked, ""
        period = Period.asked("hour", asked.begins_at, asked.ends_at, now)
        return period, f"minutes are kept for {self._minutes_days:g} days: it is told hour by hour"

    def _of_person(self, person: Person, period: Period, scopes: Collection[Scope]) -> PersonTimeline:
        if "expression" not in scopes:
            return PersonTimeline(
                person, timeline_of(()), f"{called(person)} does not consent to having expressions read"
            )
        selves = self._people.selves(person.person_id)
        found = timeline_of(self._rollups.of(selves, period.span, period.begins_at, period.ends_at))
        nothing = "" if found.points else f"no expression of {called(person)} was read in this time"
        return PersonTimeline(person, found, nothing)


def _compared(first: Timeline, second: Timeline) -> Comparison:
    both = [at for at in first.points if at in second.points]
    apart = {at: difference(first.points[at], second.points[at]) for at in both}
    return Comparison(difference(first.whole, second.whole), {at: one for at, one in apart.items() if one is not None})
