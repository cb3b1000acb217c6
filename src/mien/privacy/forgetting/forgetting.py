"""Forgetting a person: everything of theirs goes from the home, and the files are searched for what might be left."""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, replace

from mien.domain.clock import Clock
from mien.domain.errors import GalleryError, MienError, PeopleChanged, PersonUnknown, StoreError
from mien.domain.people.people import folded_name
from mien.gallery.names import tidy_name
from mien.gallery.roster import Roster
from mien.privacy.audit.entry import Entry
from mien.privacy.audit.trail import AuditTrail
from mien.privacy.bearers import Bearers, Namesake, bearers
from mien.privacy.exports import exports_in, remove_export
from mien.privacy.forgetting.leaving import (
    NOT_COVERED,
    TOLD,
    Forgot,
    Leaver,
    Leaving,
    Receipt,
    agreed_to,
    apart,
    kept_of,
    leaver,
    left_to_others,
    named_again,
)
from mien.privacy.forgetting.needles import is_number
from mien.privacy.forgetting.own_words import SETTINGS, asked_for
from mien.privacy.forgetting.traces import TracesLeft, traces_left
from mien.privacy.forgetting.verification import Verified
from mien.privacy.sweeping import Sweep
from mien.store.departures import Departure, Marks, being_forgotten, check_agreed
from mien.store.records import Records


@dataclass(frozen=True, slots=True)
class _Removed:
    """By what those who went alone are known, which of their names others bear, how many pictures wait for a name, from
    how many names of cameras theirs was taken out, and whether nothing of it is left in the files of the database."""

    own: Marks
    borne: tuple[str, ...]
    unnamed: int
    cameras: int
    is_compact: bool


class Forgetting:
    """Forgets people. What dies in the middle of it is completed by forgetting the same person again, or by a purge.

    First it is noted, sealed, whom to remove and what to look for; then files go, then rows, then what is left of rows
    in the file of the database; last the note, once nothing was found any more.
    """

    def __init__(
        self,
        records: Records,
        roster: Roster,
        audit: AuditTrail,
        look_for: Callable[[Marks, tuple[str, ...]], Verified],
        clock: Clock,
        sweep: Sweep,
    ) -> None:
        self._records = records
        self._roster = roster
        self._audit = audit
        self._look_for = look_for
        self._clock = clock
        self._sweep = sweep

    def plan(self, who: str) -> Leaving:
        """What would go; raises PersonUnknown, GalleryError."""
        return self._plan(who, self._unfinished(who))

    def forget(self, who: str, agreed: Collection[str] | None = None) -> Forgot:
        """Forget everybody who bears a name, of whatever standing, or the person of an id, a stranger's too.

        Of those only whose ids were ``agreed`` to, where it is told: whoever bears the name since then is a namesake.
        Raises PersonUnknown, GalleryError, PeopleChanged where one of them has taken in somebody since, StoreError
        where another process is at it, and TracesLeft where afterwards a trace is left in the home.
        """
        with ExitStack() as held:
            begun = self._taken_up(who, agreed, held)
            leaving = self._plan(who, begun, agreed)
            for one in leaving.records if agreed is not None else ():
                check_agreed(one.person_ids, agreed or ())
            return self._complete(self._noted(leaving, begun, held), leaving)

    def _noted(self, leaving: Leaving, begun: Sequence[Departure], held: ExitStack) -> Departure:
        """The one departure of all of them, held until the end; raises as `forget` does."""
        departures, roots = self._records.departures, self._roots(leaving.person_ids)
        departure = begun[0] if begun else Departure(Marks((), (), ()), {})
        for marks in (*(one.marks for one in begun[1:]), *map(self._records.people.marks, roots)):
            departure = departure.joined(marks)
        check_agreed(departure.marks.person_ids, leaving.person_ids)
        is_more = not begun or not {*leaving.person_ids} <= {*_ids(begun)}
        departure = replace(
            departure,
            counts=leaving.counts,
            cameras=sum(one.cameras for one in begun),
            exports=tuple(path.name for path in leaving.exports),
            is_compact=not is_more and all(one.is_compact for one in begun),
            is_told=not is_more and all(one.is_told for one in begun),
        )
        if begun:
            departures.keep(departure, begun[1:])
            return departure
        held.enter_context(departures.begun(departure))
        try:
            if not self._roots(leaving.person_ids):
                raise PersonUnknown(f"another process has forgotten {leaving.person_id} meanwhile")
            self._check_same(departure)
        except GalleryError:
            departures.end(departure)
            raise
        return departure

    def complete(self) -> int:
        """Complete what died before its end, of all of whom it can be, and how many people that were.

        What another process is at work on is left to it. Raises TracesLeft, StoreError.
        """
        count, failed = 0, list[MienError]()
        for departure in [*self._records.departures.all()]:
            with self._records.departures.taken_up(departure) as current:
                if current is None:
                    continue
                try:
                    self._complete(current, self._leaving((leaver(current),), current.exports))
                    count += 1
                except (StoreError, PeopleChanged) as error:
                    failed.append(error)
        if failed:
            kind = TracesLeft if all(isinstance(one, TracesLeft) for one in failed) else StoreError
            raise kind("; ".join(map(str, failed)))
        return count

    def _taken_up(self, who: str, agreed: Collection[str] | None, held: ExitStack) -> list[Departure]:
        """The departures that were begun of whom it is, held until the end."""
        begun = list[Departure]()
        for one in self._unfinished(who):
            if agreed is None or not {*agreed}.isdisjoint(one.marks.person_ids):
                current = held.enter_context(self._records.departures.taken_up(one))
                if current is None:
                    raise being_forgotten(one.marks.person_ids)
                begun.append(current)
        return begun

    def _plan(self, who: str, begun: Sequence[Departure], agreed: Collection[str] | None = None) -> Leaving:
        gone = _ids(begun)
        try:
            found = bearers(self._records.people, self._roster, who)
        except PersonUnknown:
            if not begun:
                raise
            found = Bearers(())  # only the end was left to do
        here = [one for one in found.people if one.person_id not in gone]
        new = [one for one in here if agreed is None or one.person_id in agreed]
        if not new and not begun:
            raise GalleryError(
                f"{who!r} names nobody any more who was to be forgotten, and nothing was removed: go anew"
            )
        there = [(self._records.people.belongings(one.person_id), one.standing) for one in new]
        records = [Leaver(one.person_ids, standing, kept_of(one)) for one, standing in there]
        stay = [Namesake(one) for one in here if one not in new]
        stay += [one for one in found.namesakes if one.person.person_id not in gone]
        exports = None if new else tuple(name for one in begun for name in one.exports)
        return self._leaving((*records, *map(self._begun, begun)), exports, tuple(stay))

    def _leaving(
        self, records: tuple[Leaver, ...], exports: Collection[str] | None, namesakes: tuple[Namesake, ...] = ()
    ) -> Leaving:
        """``exports`` are the names of those that go, or all that are there do."""
        there = exports_in(self._records.home.exports)
        go = tuple(path for path in there if exports is None or path.name in exports)
        return Leaving(records, go, namesakes, self._records.outputs.still_there())

    def _begun(self, departure: Departure) -> Leaver:
        """Whoever has begun to go, with whom they have taken in since."""
        there = [self._records.people.belongings(root) for root in self._roots(departure.marks.person_ids)]
        since = {one: None for root in there for one in root.person_ids if one not in departure.marks.person_ids}
        begun, counts = leaver(departure), Counter[str]()
        for one in there if since else ():
            counts.update(kept_of(one))
        return replace(begun, person_ids=(*begun.person_ids, *since), counts={**begun.counts, **counts})

    def _unfinished(self, who: str) -> list[Departure]:
        """Departures that were begun of whoever bears a name, or of the person of an id."""
        tidied = tidy_name(who)
        departures = list(self._records.departures.all())
        if named := [one for one in departures if tidied in one.marks.person_ids]:
            return named
        with suppress(PersonUnknown):
            here = self._records.people.selves(tidied)
            return [one for one in departures if {*one.marks.person_ids} & {*here}]
        return [one for one in departures if folded_name(tidied) in map(folded_name, one.marks.names)]

    def _roots(self, person_ids: Iterable[str]) -> list[str]:
        """Of whom of some people there are rows, by their present ids."""
        found: dict[str, None] = {}
        for person_id in person_ids:
            with suppress(PersonUnknown):
                found[self._records.people.selves(person_id)[0]] = None
        return [*reversed(found)]  # whoever is joined last comes first

    def _check_same(self, departure: Departure) -> None:
        """Raise PeopleChanged where somebody in it has taken in others since."""
        for root in self._roots(departure.marks.person_ids):
            with suppress(PersonUnknown):
                check_agreed(self._records.people.selves(root), departure.marks.person_ids)

    def _complete(self, departure: Departure, leaving: Leaving) -> Forgot:
        removed = self._remove(departure)
        so_far = replace(
            departure, cameras=departure.cameras + removed.cameras, exports=(), is_compact=removed.is_compact
        )
        if so_far != departure:  # whatever dies before the end, cameras are told in it, and nothing goes twice
            self._records.departures.keep(departure := so_far)
        verified = self._look_for(removed.own, removed.borne)
        entry = self._put_on_record(departure, verified)
        if entry is None or not verified.is_clean:
            database = self._records.home.database.name
            raise traces_left(leaving, verified.found, database, is_scrubbed=removed.is_compact)
        self._records.departures.end(departure)
        outside = [output.kind for output in leaving.outputs]
        receipt = Receipt(
            self._clock.now(),
            departure.counts,
            verified.files,
            verified.size,
            verified.opened,
            verified.on_record + len(departure.marks.person_ids),
            (entry.number, entry.hash),
            {kind: outside.count(kind) for kind in sorted(set(outside))},
            (
                *NOT_COVERED,
                *verified.not_searched,
                *left_to_others(removed.borne, verified, removed.unnamed),
                *named_again(departure.cameras),
                *agreed_to(removed.own.names, self._consent_texts()),
            ),
        )
        return Forgot(leaving, receipt, bool(removed.borne), verified.of_namesakes)

    def _consent_texts(self) -> tuple[str, ...]:
        """What others agreed to, and what people are asked to agree to by the settings of the home."""
        settings = self._records.home.folder / SETTINGS
        asked, _ = asked_for(settings.read_bytes()) if settings.is_file() else ("", b"")
        return (*self._records.consents.texts(), asked)

    def _put_on_record(self, departure: Departure, verified: Verified) -> Entry | None:
        """Tell once what was removed, and once that nothing is left; none where there is nothing new to tell."""
        if departure.is_told and not verified.is_clean:
            return None
        counts = {} if departure.is_told else departure.counts
        facts = {"is_verified": verified.is_clean, "files": verified.files, "bytes": verified.size}
        facts |= {name: count for name, count in counts.items() if name in TOLD}
        entry = self._audit.append("person.forgotten", departure.marks.person_ids, facts)
        if not verified.is_clean:
            self._records.departures.keep(replace(departure, is_told=True))
        return entry

    def _remove(self, departure: Departure) -> _Removed:
        """Remove all that is theirs; raises PeopleChanged where that would be more than it is to be."""
        records, marks = self._records, departure.marks
        self._check_same(departure)
        for crop in marks.crops:
            records.media.delete(crop)
        for name in departure.exports:  # sealed: whoever is in them cannot be told
            remove_export(records.home.exports / name)
        is_changed = False
        for root in self._roots(marks.person_ids):
            with suppress(PersonUnknown):  # where another process does the same
                for crop in records.people.forget(root, marks.person_ids).crops:
                    records.media.delete(crop)  # those that were added in the meantime
                is_changed = True
        is_changed = bool(self._audit.catch_up(about=marks.person_ids)) or is_changed
        own, borne = apart(records.people, marks)
        named = replace(own, names=tuple(one for one in own.names if not is_number(one)))
        effaced = records.people.efface(named, borne)
        for crop in effaced.crops:
            records.media.delete(crop)
        swept = self._sweep.remove_all()
        if swept.removed:
            self._audit.append("retention.purged", (), {"kind": "leftovers", "records": swept.removed})
        is_compact = departure.is_compact and not (is_changed or effaced.cameras or effaced.records)
        if not is_compact:
            records.snapshots.discard()
            is_compact = records.retention.compact()
        return _Removed(own, borne, swept.unnamed, effaced.cameras, is_compact)


def _ids(begun: Iterable[Departure]) -> set[str]:
    return {one for departure in begun for one in departure.marks.person_ids}
