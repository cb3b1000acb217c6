"""Who there is, page by page, and what is told of each: read once for every state of the gallery."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from mien.domain.errors import PersonUnknown, UsageError
from mien.domain.people.people import Person, PersonKind, Picture
from mien.gallery.names import is_sought
from mien.gallery.roster import Roster, RosterEntry, Unseen
from mien.service.people.schemas import PersonCard
from mien.service.revisions import etag_of
from mien.store.people import PeopleStore

_LISTED = ("active",)
_Place = tuple[bool, str, datetime, str]


@dataclass(frozen=True, slots=True)
class Wanted:
    """Whom a list is of: who has something in the name or id, of a kind, and those who are out of sight, too.

    An empty shell, whose founding was undone, is listed only where it is sought: so it can be forgotten.
    """

    sought: str = ""
    kind: PersonKind | None = None
    everybody: bool = False

    def has(self, entry: RosterEntry) -> bool:
        """Whether somebody belongs there."""
        person = entry.person
        if not self.everybody and person.standing not in _LISTED:
            return False
        if self.kind and person.kind != self.kind:
            return False
        if entry.is_shell and not self.sought:
            return False
        return not self.sought or is_sought(self.sought, person.name) or self.sought.strip().lower() in person.person_id


class Listing:
    """The people of a home. Safe for several threads: each state of the gallery is read by whoever comes first."""

    def __init__(self, people: PeopleStore, roster: Roster, unrecognised: Callable[[], Mapping[str, Unseen]]) -> None:
        """``unrecognised`` tells who is enrolled and cannot be known."""
        self._people = people
        self._roster = roster
        self._unrecognised = unrecognised
        self._read: tuple[int, Mapping[str, RosterEntry], Mapping[str, Unseen]] | None = None

    def page(self, wanted: Wanted, after: str | None, limit: int) -> tuple[list[PersonCard], str | None]:
        """Some of those who are wanted, behind somebody: enrolled people by name, then strangers by age.

        Whoever comes or goes meanwhile moves nobody else: none is told twice or left out. Raises UsageError where that
        somebody is not there any more.
        """
        entries, unseen = self._current()
        begin = self._place_of(after) if after is not None else None
        found = (one for one in entries.values() if wanted.has(one) and (begin is None or _place(one.person) > begin))
        page = sorted(found, key=lambda one: _place(one.person))[: limit + 1]
        told = [self._card(one, unseen) for one in page[:limit]]
        return told, told[-1].person_id if len(page) > limit else None

    def person(self, person_id: str) -> tuple[Person, PersonCard]:
        """Who has an id, of whatever standing; of a merged one, who it was merged into. Raises PersonUnknown."""
        asked = self._people.selves(person_id)[0]
        entries, unseen = self._current()
        if asked not in entries:
            raise PersonUnknown(f"there is no person {person_id}")
        return entries[asked].person, self._card(entries[asked], unseen)

    def _current(self) -> tuple[Mapping[str, RosterEntry], Mapping[str, Unseen]]:
        revision, read = self._people.revision(), self._read
        if read is None or read[0] != revision:
            entries = {one.person.person_id: one for one in self._roster.entries(everybody=True)}
            self._read = read = (revision, entries, self._unrecognised())
        return read[1], read[2]

    def _place_of(self, person_id: str) -> _Place:
        if (person := self._people.person(person_id)) is None:
            raise UsageError("whoever ended the page before is not there any more: look from the beginning again")
        return _place(person)

    def _card(self, entry: RosterEntry, unseen: Mapping[str, Unseen]) -> PersonCard:
        person = entry.person
        why_not = unseen.get(person.person_id)
        return PersonCard(
            person_id=person.person_id,
            name=person.name,
            kind=person.kind,
            standing=person.standing,
            merged_into=person.merged_into,
            pictures=entry.pictures,
            templates=entry.templates,
            stored=entry.stored,
            best_picture=best_seen(self._people.pictures(person.person_id)),
            is_recognised=person.is_present and entry.templates > 0 and why_not is None,
            why_not=why_not,
            created_at=person.created_at,
            etag=etag_of(person),
        )


def best_seen(pictures: Iterable[Picture]) -> int | None:
    """The best picture that can be looked at, first of those that people are known by."""
    stored = [one for one in pictures if one.crop]
    best = min(stored, key=lambda one: (one.state != "active", -one.quality, one.picture_id), default=None)
    return best.picture_id if best else None


def _place(person: Person) -> _Place:
    """Where somebody stands in a list; another name puts them elsewhere."""
    return person.kind != "enrolled", person.name.casefold(), person.created_at, person.person_id
