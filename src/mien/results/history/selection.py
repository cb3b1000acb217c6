"""What of a history is to be written out, and whom it may tell of."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Self

from mien.domain.errors import UsageError
from mien.domain.people.consent import SCOPES, Scope
from mien.domain.people.people import PRESENT, Person
from mien.gallery.roster import Roster
from mien.privacy.purpose import Purpose
from mien.store.records import Records

LONGEST = timedelta(days=366)
"""The longest range that is written out at once."""
_USUAL = timedelta(days=7)
_NAMED = 20  # cameras, in an error


@dataclass(frozen=True, slots=True)
class Asked:
    """What is to be written out: of whom, by names or ids, of which camera, from a moment until another, excluded.

    Without people it is of everybody, without a camera of all; it ends now, and begins a week before, if nothing else
    is said.
    """

    people: tuple[str, ...] = ()
    camera: str = ""
    begin: datetime | None = None
    end: datetime | None = None

    def range(self, now: datetime) -> tuple[datetime, datetime]:
        """From when until when, in UTC; raises UsageError where that is nothing, too long, or not to be told."""
        try:
            end = (self.end or now).astimezone(UTC)
            begin = self.begin.astimezone(UTC) if self.begin else end - _USUAL
        except OverflowError as error:
            raise UsageError("the times lie too far from today") from error
        if begin >= end:
            raise UsageError(f"it has to begin before it ends: got {begin:%Y-%m-%d %H:%M} to {end:%Y-%m-%d %H:%M}")
        if end - begin > LONGEST:
            raise UsageError(f"at most {LONGEST.days} days are written out at once: ask for a shorter time")
        return begin, end

    def check_camera(self, cameras: Collection[str]) -> None:
        """Raise UsageError where it is of a camera that is none of these."""
        if self.camera and self.camera not in cameras:
            there = sorted(cameras)
            more = f" and {len(there) - _NAMED} more" if len(there) > _NAMED else ""
            told = f"there is {', '.join(map(repr, there[:_NAMED]))}{more}" if there else "there is none yet"
            raise UsageError(f"there is no camera {self.camera!r}: {told}")


@dataclass(frozen=True, slots=True)
class Selection:
    """What was asked for, found: ``chosen`` people (none: everybody), and who each id stands for, of those told of.

    Nobody is told of who is in the recycle bin, or of whom nobody wants to hear. ``allowed`` is what each of the
    others, by the present id, agrees to; ``why_not`` says why nothing may be told of expressions, or is empty.
    """

    begin: datetime
    end: datetime
    camera: str
    chosen: tuple[Person, ...]
    standing_for: Mapping[str, Person]
    allowed: Mapping[str, frozenset[Scope]]
    why_not: str = ""

    @classmethod
    def of(cls, asked: Asked, records: Records, purpose: Purpose, now: datetime) -> Self:
        """Look up who is meant; raises PersonUnknown, GalleryError, UsageError, StoreError."""
        begin, end = asked.range(now)
        roster = Roster(records.people)
        chosen = tuple({one.person_id: one for one in map(roster.find, asked.people)}.values())
        everybody = {one.person_id: one for one in records.people.people(everybody=True)}
        valid = records.consents.valid(now)
        told = {one: root for one in everybody if _is_told(root := _root(one, everybody), chosen)}
        allowed = {one.person_id: valid.get(one.person_id, _unasked(one)) for one in told.values()}
        return cls(begin, end, asked.camera, chosen, told, allowed, purpose.why_not)

    @property
    def ids(self) -> frozenset[str] | None:
        """All ids of the chosen people, or None where nobody is chosen."""
        return frozenset(self.standing_for) if self.chosen else None

    def tells_of(self, person_id: str) -> bool:
        """Whether what names an id, or nobody, is told."""
        return person_id in self.standing_for if person_id else not self.chosen

    def tells_expressions_of(self, person_id: str) -> bool:
        """Whether what is kept of an expression of whoever an id stands for, or of a face that is nobody's, is told."""
        if self.why_not:
            return False
        return not person_id or "expression" in self.allowed[self.standing_for[person_id].person_id]

    def may_show(self, person_id: str) -> bool:
        """Whether somebody agrees to pictures of theirs being kept, and so to their being shown."""
        return "keep" in self.allowed.get(person_id, ())


def _is_told(person: Person, chosen: Iterable[Person]) -> bool:
    ids = [one.person_id for one in chosen]
    if ids:
        return person.person_id in ids
    return person.standing in PRESENT and person.standing != "ignored"


def _unasked(person: Person) -> frozenset[Scope]:
    """What somebody agrees to of whom nothing is on record: a stranger is asked about nothing."""
    return frozenset(SCOPES if person.kind == "stranger" else ())


def _root(person_id: str, everybody: Mapping[str, Person]) -> Person:
    person = everybody[person_id]
    return _root(person.merged_into, everybody) if person.merged_into in everybody else person
