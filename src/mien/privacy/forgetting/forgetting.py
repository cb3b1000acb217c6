"""Forgetting a person: everything of theirs goes from the home, and the files are searched for what might be left."""

from collections.abc import Callable, Collection, Sequence
from contextlib import ExitStack, suppress
from dataclasses import asdict, dataclass, replace

from mien.domain.clock import Clock
from mien.domain.errors import GalleryError, PersonUnknown, StoreError
from mien.domain.people.people import folded_name
from mien.gallery.names import tidy_name
from mien.gallery.roster import Roster
from mien.privacy.audit.trail import AuditTrail
from mien.privacy.bearers import Bearers, Namesake, bearers
from mien.privacy.exports import exports_in, remove_export
from mien.privacy.forgetting.leaving import (
    NOT_COVERED,
    Forgot,
    Leaver,
    Leaving,
    Receipt,
    leaver,
    left_to_others,
    named_again,
)
from mien.privacy.forgetting.needles import is_number
from mien.privacy.forgetting.verification import Found, Verified
from mien.privacy.sweeping import Sweep
from mien.store.departures import Departure, Marks, being_forgotten
from mien.store.people import Forgotten
from mien.store.records import Records


class TracesLeft(StoreError):
    """A person was removed, and something of them is left that could not be."""


@dataclass(frozen=True, slots=True)
class _Removed:
    """By what those who went alone are known, which of their names others bear, how many pictures wait for a name, and
    from how many names of cameras theirs was taken out."""

    own: Marks
    borne: tuple[str, ...]
    unnamed: int
    cameras: int


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
        Raises PersonUnknown, GalleryError, StoreError where another process is at it, and TracesLeft where afterwards a
        trace is left in the home.
        """
        departures = self._records.departures
        with ExitStack() as held:
            begun = self._taken_up(who, agreed, held)
            leaving = self._plan(who, begun, agreed)
            departure = begun[0] if begun else Departure(Marks((), (), ()), {})
            for marks in (*(one.marks for one in begun[1:]), *map(self._records.people.marks, self._roots(leaving))):
                departure = departure.joined(marks)
            departure = replace(departure, counts=leaving.counts, cameras=sum(one.cameras for one in begun))
            if begun:
                departures.keep(departure, begun[1:])
            else:
                held.enter_context(departures.begun(departure))
                if not self._roots(leaving):
                    departures.end(departure)
                    raise PersonUnknown(f"another process has forgotten {leaving.person_id} meanwhile")
            return self._complete(departure, leaving)

    def complete(self) -> int:
        """Complete what died before its end, of all of whom it can be, and how many people that were.

        What another process is at work on is left to it. Raises TracesLeft, StoreError.
        """
        count, failed = 0, list[StoreError]()
        for departure in [*self._records.departures.all()]:
            with self._records.departures.taken_up(departure) as current:
                if current is None:
                    continue
                try:
                    self._complete(current, self._leaving((leaver(current),)))
                    count += 1
                except StoreError as error:
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
        gone = {one for departure in begun for one in departure.marks.person_ids}
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
        records = [Leaver(one.person_ids, standing, _counts(one)) for one, standing in there]
        stay = [Namesake(one) for one in here if one not in new]
        stay += [one for one in found.namesakes if one.person.person_id not in gone]
        return self._leaving((*records, *map(leaver, begun)), tuple(stay))

    def _leaving(self, records: tuple[Leaver, ...], namesakes: tuple[Namesake, ...] = ()) -> Leaving:
        exports = tuple(exports_in(self._records.home.exports))
        return Leaving(records, exports, namesakes, self._records.outputs.still_there())

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

    def _roots(self, leaving: Leaving) -> list[str]:
        """Of whom of them there are rows, by their present ids."""
        found: dict[str, None] = {}
        for person_id in leaving.person_ids:
            with suppress(PersonUnknown):
                found[self._records.people.selves(person_id)[0]] = None
        return [*reversed(found)]  # whoever is joined last comes first

    def _complete(self, departure: Departure, leaving: Leaving) -> Forgot:
        removed = self._remove(departure.marks, leaving)
        if removed.cameras:  # told in the end, whatever dies before
            departure = replace(departure, cameras=departure.cameras + removed.cameras)
            self._records.departures.keep(departure)
        verified = self._look_for(removed.own, removed.borne)
        counts = {name: count for name, count in departure.counts.items() if name in _TOLD}
        facts = {**counts, "is_verified": verified.is_clean, "files": verified.files, "bytes": verified.size}
        entry = self._audit.append("person.forgotten", departure.marks.person_ids, facts)
        if not verified.is_clean:
            raise TracesLeft(_told(leaving, verified.found))
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
            ),
        )
        return Forgot(leaving, receipt, bool(removed.borne), verified.of_namesakes)

    def _remove(self, marks: Marks, leaving: Leaving) -> _Removed:
        """Remove all that is theirs."""
        records = self._records
        for crop in marks.crops:
            records.media.delete(crop)
        for path in exports_in(records.home.exports):  # sealed: whoever is in them cannot be told
            remove_export(path)
        for root in self._roots(leaving):
            with suppress(PersonUnknown):  # where another process does the same
                for crop in records.people.forget(root).crops:
                    records.media.delete(crop)  # those that were added in the meantime
        self._audit.catch_up(about=marks.person_ids)
        own, borne = self._apart(marks)
        effaced = records.people.efface(replace(own, names=tuple(one for one in own.names if not is_number(one))))
        for crop in effaced.crops:
            records.media.delete(crop)
        swept = self._sweep.remove_all()
        if swept.removed:
            self._audit.append("retention.purged", (), {"kind": "leftovers", "records": swept.removed})
        records.snapshots.discard()
        records.retention.compact()
        return _Removed(own, borne, swept.unnamed, effaced.cameras)

    def _apart(self, marks: Marks) -> tuple[Marks, tuple[str, ...]]:
        """Marks without what others of the same name have as well, names and pictures, and which names these are.

        What stays of a namesake is theirs: the same picture under the same name is no other person's.
        """
        names = {folded_name(name) for name in marks.names}
        here = [
            one for one in self._records.people.people(everybody=True) if one.name and folded_name(one.name) in names
        ]
        theirs = {folded_name(one.name) for one in here}
        kept = {one for namesake in here for one in self._records.people.marks(namesake.person_id).vectors}
        borne = tuple(name for name in marks.names if folded_name(name) in theirs)
        names_left = tuple(name for name in marks.names if name not in borne)
        return replace(marks, names=names_left, vectors=tuple(one for one in marks.vectors if one not in kept)), borne


def _counts(there: Forgotten) -> dict[str, int]:
    fields = asdict(there)
    rows = {name: fields[name] for name in _TOLD if name in fields}
    crops = {"crops": len(there.crops), "visit_crops": there.visit_crops}
    return {**rows, **crops, "consents": there.consents, "journal": there.changes}


_TOLD = ("pictures", "templates", "readings", "sightings", "events", "exports", "journal")
"""Counts that the audit log has words for."""


def _told(leaving: Leaving, found: tuple[Found, ...]) -> str:
    """What was found where, and what to do about it."""
    places = "; ".join(f"{one.file}: {_WORDS.get(one.trace, one.trace)}, {one.count}×" for one in found)
    advice = "edit or remove what you put there yourself"
    if any(one.trace == "sealed archive" for one in found):
        advice = "move it out of the home, or remove it"
    if any(one.file.endswith(("-wal", "-shm", ".sqlite3")) for one in found):
        advice = "other processes keep the database open: end them"
    who, first = " and ".join(one.person_id for one in leaving.records), leaving.person_id
    are = "is" if len(leaving.records) == 1 else "are"
    return f"{who} {are} removed, and traces are left in the home: {places}; {advice}, and forget {first} again"


_WORDS = {
    "name": "the name",
    "id": "the id",
    "uid": "the id that goes with them to other homes",
    "template": "a template",
    "sealed": "what was kept encrypted",
    "picture": "the name of a stored picture",
    "unread": "cannot be read",
    "sealed archive": "an archive sealed with a passphrase, which may hold anybody",
    "unnamed": "pictures that nothing names",
}
