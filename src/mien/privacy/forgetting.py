"""Forgetting a person: everything of theirs goes from the home, and the files are searched for what might be left."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from mien.domain.clock import Clock
from mien.domain.errors import PersonUnknown, StoreError
from mien.gallery.names import tidy_name
from mien.gallery.roster import Roster
from mien.privacy.audit.trail import AuditTrail
from mien.privacy.exports import exports_in, remove_export
from mien.privacy.sweeping import Sweep
from mien.privacy.verification import Found, Verified
from mien.store.departures import Departure, Marks
from mien.store.outputs import Output
from mien.store.people import Forgotten
from mien.store.records import Records

NOT_COVERED = (
    "the pictures that somebody was enrolled from: importing a folder that still has them takes the person in anew",
    "files outside the home, such as results of analyses, exports that were handed over and copies of the home",
    "blocks of the disk that the file system has given back and not yet overwritten",
    "files of other programs in the home that are encrypted, or packed as anything but a zip",
)
"""What forgetting does not reach, whoever is forgotten."""


@dataclass(frozen=True, slots=True)
class Leaving:
    """Who would be forgotten, under which ids, how much there is of them by kind, and what lies outside the home."""

    person_id: str
    person_ids: tuple[str, ...]
    counts: dict[str, int]
    outputs: tuple[Output, ...]


@dataclass(frozen=True, slots=True)
class Receipt:
    """What forgetting came to. It holds no name and no id: whoever keeps it keeps nothing of the person.

    ``removed`` by kind; ``opened`` is how many values were searched that are kept encrypted; ``on_record`` is how often
    the audit log has their ids; ``entry`` number and digest of the one that tells of it; ``outside`` how many folders
    and files mien wrote outside the home are still there, by kind.
    """

    at: datetime
    removed: dict[str, int]
    files: int
    size: int
    opened: int
    on_record: int
    entry: tuple[int, str]
    outside: dict[str, int]
    not_covered: tuple[str, ...] = NOT_COVERED

    def fields(self) -> dict[str, Any]:
        """As JSON has it."""
        number, digest = self.entry
        searched = {"files": self.files, "bytes": self.size, "opened": self.opened}
        verified = {**searched, "traces": 0, "ids_in_the_audit_log": self.on_record}
        told = {"at": self.at.isoformat(), "removed": self.removed, "verified": verified}
        left = {"not_covered": list(self.not_covered), "written_outside": self.outside}
        return {**told, "audit": {"number": number, "digest": digest}, **left}


@dataclass(frozen=True, slots=True)
class Forgot:
    """Who was forgotten, the receipt, and what lies outside the home."""

    leaving: Leaving
    receipt: Receipt


class TracesLeft(StoreError):
    """A person was removed, and something of them is left that could not be."""


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
        look_for: Callable[[Marks], Verified],
        clock: Clock,
    ) -> None:
        self._records = records
        self._roster = roster
        self._audit = audit
        self._look_for = look_for
        self._clock = clock

    def plan(self, who: str) -> Leaving:
        """What would go; raises PersonUnknown, GalleryError."""
        departure = self._unfinished(who)
        if departure is None:
            there = self._records.people.belongings(self._roster.find_anybody(who).person_id)
            ids, counts = there.person_ids, self._counts(there)
        else:
            ids, counts = departure.marks.person_ids, departure.counts
        return Leaving(ids[0], ids, counts, self._records.outputs.still_there())

    def forget(self, who: str) -> Forgot:
        """Forget the person of a name or an id, a stranger's too, of whatever standing.

        Raises PersonUnknown, GalleryError, and TracesLeft where afterwards a trace is left in the home.
        """
        self._audit.catch_up(timedelta(0))  # what is left in the outbox may name them
        leaving, departure = self.plan(who), self._unfinished(who)
        with suppress(PersonUnknown):  # where only the end was left to do
            marks = self._records.people.marks(leaving.person_id)
            departure = departure.joined(marks) if departure else Departure(marks, leaving.counts)
            self._records.departures.keep(departure)
        assert departure is not None, "who is planned is here, or was"
        return self._complete(departure, leaving)

    def complete(self) -> int:
        """Complete what died before its end; how many people that were. Raises TracesLeft."""
        unfinished = list(self._records.departures.all())
        for departure in unfinished:
            ids = departure.marks.person_ids
            self._complete(departure, Leaving(ids[0], ids, departure.counts, self._records.outputs.still_there()))
        return len(unfinished)

    def _unfinished(self, who: str) -> Departure | None:
        """A departure that was begun, by an id or a name of whoever is leaving; not that of a namesake still here."""
        tidied = tidy_name(who)
        with suppress(PersonUnknown):
            here = self._records.people.selves(self._roster.find_anybody(who).person_id)
            return next((one for one in self._records.departures.all() if {*one.marks.person_ids} & {*here}), None)
        folded = tidied.casefold()
        for one in self._records.departures.all():
            if tidied in one.marks.person_ids or folded in {name.casefold() for name in one.marks.names}:
                return one
        return None

    def _complete(self, departure: Departure, leaving: Leaving) -> Forgot:
        self._remove(departure.marks)
        verified = self._look_for(departure.marks)
        counts = {name: count for name, count in departure.counts.items() if name in _TOLD}
        facts = {**counts, "is_verified": verified.is_clean, "files": verified.files, "bytes": verified.size}
        entry = self._audit.append("person.forgotten", departure.marks.person_ids, facts)
        if not verified.is_clean:
            raise TracesLeft(_told(departure.marks.person_ids[0], verified.found))
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
        )
        return Forgot(leaving, receipt)

    def _remove(self, marks: Marks) -> None:
        records = self._records
        for crop in marks.crops:
            records.media.delete(crop)
        for path in exports_in(records.home.exports):  # sealed: whoever is in them cannot be told
            remove_export(path)
        with suppress(PersonUnknown):  # where that was done before something died
            for crop in records.people.forget(marks.person_ids[0]).crops:
                records.media.delete(crop)  # those that were added in the meantime
        for crop in records.people.efface(marks):
            records.media.delete(crop)
        if swept := Sweep(records, self._clock).remove_all():
            self._audit.append("retention.purged", (), {"kind": "leftovers", "records": swept})
        records.snapshots.discard()
        records.retention.compact()

    def _counts(self, there: Forgotten) -> dict[str, int]:
        fields = asdict(there)
        rows = {name: fields[name] for name in _TOLD if name in fields}
        others = {"crops": len(there.crops), "consents": there.consents, "journal": there.changes}
        return {**rows, **others, "exports": len(exports_in(self._records.home.exports))}


_TOLD = ("pictures", "templates", "readings", "sightings", "events", "exports", "journal")
"""Counts that the audit log has words for."""


def _told(person_id: str, found: tuple[Found, ...]) -> str:
    """What was found where, and what to do about it."""
    places = "; ".join(f"{one.file}: {_WORDS.get(one.trace, one.trace)}, {one.count}×" for one in found)
    advice = "edit or remove what you put there yourself"
    if any(one.trace == "sealed archive" for one in found):
        advice = "move it out of the home, or remove it"
    if any(one.file.endswith(("-wal", "-shm", ".sqlite3")) for one in found):
        advice = "other processes keep the database open: end them"
    return f"{person_id} is removed, and traces are left in the home: {places}; {advice}, and forget {person_id} again"


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
