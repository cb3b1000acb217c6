"""What a report over a range tells of people, gathered from what is kept of them."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import islice

from mien.domain.clock import Clock
from mien.domain.people.people import Person
from mien.domain.people.sightings import Sighting
from mien.domain.people.timelines import LENGTHS, SPANS, Period
from mien.gallery.exchange.album import Album
from mien.results.album.page import picture_uri
from mien.results.history.selection import Selection
from mien.results.report.calendar import MOST_COLUMNS
from mien.results.report.history import HistoryPage, HistorySection, VisitsLine
from mien.results.timelines.timelines import PersonTimeline, TimelineSearch
from mien.store.records import Records

MOST_PEOPLE = 100
"""In one report: about 40 kB each, pictures aside."""
_MOST_PICTURES, _MOST_OF_ONE = 300, 12  # about 5 kB each in the page
_VISITS_AT_ONCE, _MOST_VISITS, _LISTED = 200, 2000, 20


class HistoryReport:
    """Makes a page over what is kept of people: nothing in it is read or drawn by it that is not kept."""

    def __init__(
        self, records: Records, timelines: TimelineSearch, clock: Clock, *, hides_strangers: bool = False
    ) -> None:
        self._records = records
        self._timelines = timelines
        self._clock = clock
        self._hides_strangers = hides_strangers

    def page(self, selection: Selection, version: str) -> HistoryPage:
        """The report of those chosen, or of everybody who is enrolled, in sight and was seen; raises StoreError."""
        told = self._timelines.of(selection.chosen or self._enrolled(), *self._timelines.kept(_period(selection)))
        period = told.period
        seen = self._seen(told.people, selection)
        shown = sorted(seen, key=lambda one: -one.timeline.whole.looks)[:MOST_PEOPLE]
        has_group = told.group is not None and sum(bool(one.timeline.points) for one in told.people) > 1
        group = told.group if has_group else None
        return HistoryPage(
            selection.begin,
            selection.end,
            self._clock.now(),
            period,
            selection.camera,
            " · ".join(filter(None, (told.why_not, told.coarser))),
            self._sections(shown, selection, period),
            HistorySection.of("All of them as a group", "", "", group, period) if group else None,
            len(seen) - len(shown),
            version,
        )

    def _enrolled(self) -> list[Person]:
        return [one for one in self._records.people.people() if one.kind == "enrolled" and one.standing == "active"]

    def _seen(self, people: Sequence[PersonTimeline], selection: Selection) -> Sequence[PersonTimeline]:
        """Those chosen; else who was looked at or came by."""
        if selection.chosen:
            return people
        came = self._records.sightings.came(selection.begin, selection.end, selection.camera)
        return [one for one in people if one.timeline.points or one.person.person_id in came]

    def _sections(self, shown: Sequence[PersonTimeline], selection: Selection, period: Period) -> list[HistorySection]:
        album, room = Album(self._records.people, self._records.media), _MOST_PICTURES
        sections = []
        for one in shown:
            person, visits = one.person, self._visits(one.person, selection)
            title, note = person.name or person.person_id, person.person_id if person.name else ""
            section = HistorySection.of(title, note, one.why_not, one.timeline, period)
            most = min(room, _MOST_OF_ONE) if selection.may_show(person.person_id) else 0
            pictures = tuple(self._pictures(album, person, most))
            room -= len(pictures)
            sections.append(replace(section, visits=visits, pictures=pictures))
        return sections

    def _pictures(self, album: Album, person: Person, most: int) -> Iterator[str]:
        """The best pictures of somebody that may be kept; of strangers who are to be seen by nobody none."""
        if person.kind == "stranger" and self._hides_strangers:
            return
        active = self._records.people.pictures(person.person_id, "active")
        ordered = sorted(active, key=lambda one: (-one.quality, one.picture_id))
        yield from islice(filter(None, (picture_uri(album.image(one)) for one in ordered)), most)

    def _visits(self, person: Person, selection: Selection) -> VisitsLine:
        """The visits of somebody that ended in a time."""
        found: list[Sighting] = []
        before: tuple[datetime, int] = (selection.end, 0)
        while len(found) <= _MOST_VISITS:
            some = self._records.sightings.latest(_VISITS_AT_ONCE, person.person_id, before)
            inside = [one for one in some if one.ended_at >= selection.begin]
            found += [one for one in inside if selection.camera in ("", one.camera)]
            if len(inside) < _VISITS_AT_ONCE:
                break
            before = (some[-1].ended_at, some[-1].sighting_id)
        counted = found[:_MOST_VISITS]
        seconds = sum((one.ended_at - one.began_at).total_seconds() for one in counted)
        return VisitsLine(len(counted), seconds, tuple(counted[:_LISTED]), len(found) > _MOST_VISITS)


def _period(selection: Selection) -> Period:
    """The range in the shortest steps of which a plot can hold all."""
    length = selection.end - selection.begin
    span = next((one for one in SPANS if length / LENGTHS[one] <= MOST_COLUMNS), SPANS[-1])
    return Period.asked(span, selection.begin, selection.end, selection.end)
