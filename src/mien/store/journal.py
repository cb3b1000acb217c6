"""What is done to people so that it can be taken back: the steps, and the protocol every journal fulfils."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Protocol

from mien.domain.people.consent import NewConsent
from mien.domain.people.people import Person, Picture, PictureState, Standing, Variant
from mien.store.people import NewTemplate


@dataclass(frozen=True, slots=True)
class PictureMove:
    """Pictures that get another owner, who is on them by somebody's word where that ``is_vouched``.

    Those that are theirs already stay as they are.
    """

    picture_ids: tuple[int, ...]
    person_id: str
    is_vouched: bool = False


@dataclass(frozen=True, slots=True)
class PictureStates:
    """Pictures that get another state."""

    picture_ids: tuple[int, ...]
    state: PictureState


@dataclass(frozen=True, slots=True)
class PicturesVouched:
    """Pictures of which somebody says that they show their person, or takes that back; another owner ends it."""

    picture_ids: tuple[int, ...]
    is_vouched: bool


@dataclass(frozen=True, slots=True)
class PersonMerged:
    """A person who turns out to be another: all pictures, as of the transaction, get that owner."""

    person_id: str
    into: str


@dataclass(frozen=True, slots=True)
class PersonStanding:
    """A person who gets another standing, other than *merged*; or, where a merge is taken back, that of before.

    Whoever ``is_unfounded`` is to have no pictures by then.
    """

    person_id: str
    standing: Standing
    merged_into: str = ""
    is_unfounded: bool = False


@dataclass(frozen=True, slots=True)
class PersonName:
    """A person who gets another name: a stranger who gets one is enrolled, whoever loses it is a stranger."""

    person_id: str
    name: str


@dataclass(frozen=True, slots=True)
class PersonFounded:
    """A person who is new, enrolled where there is a name, else a stranger; undone, the person is *binned*.

    What the person consents to is put on record; what somebody whom they are ``parted_from`` refused, took back or let
    run out, they do not consent to either. Steps that follow name the person as `NEW`.
    """

    name: str = ""
    consent: NewConsent | None = None
    parted_from: str = ""


@dataclass(frozen=True, slots=True)
class PersonConsented:
    """What a person consents to is put on record, and stays there where the change is undone: nobody withdrew it."""

    person_id: str
    consent: NewConsent


@dataclass(frozen=True, slots=True)
class TemplatesAdded:
    """Templates that pictures get, by id; one that is there already stays as it is."""

    templates: tuple[tuple[int, NewTemplate], ...]


@dataclass(frozen=True, slots=True)
class TemplatesDropped:
    """Pictures whose templates of a variant go, of whichever model."""

    picture_ids: tuple[int, ...]
    variant: Variant


@dataclass(frozen=True, slots=True)
class FilesDeleted:
    """Nothing changes: of these pictures the stored files went with a change, for want of consent, and stay gone."""

    picture_ids: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class AsPlanned:
    """Nothing changes: people and pictures have to be as they were when the steps that follow were planned.

    Of people that is the standing, the name and whether they may be identified; of pictures whose they are, the
    state, and whether they are vouched for.
    """

    people: tuple[Person, ...]
    pictures: tuple[Picture, ...] = ()


NEW = "new"
"""In place of an id: the person whom an earlier step of the same change founded."""

Step = (
    PictureMove
    | PictureStates
    | PicturesVouched
    | PersonMerged
    | PersonStanding
    | PersonName
    | PersonFounded
    | PersonConsented
    | TemplatesAdded
    | TemplatesDropped
    | FilesDeleted
    | AsPlanned
)
"""One thing that changes about people, or that must not have changed."""


@dataclass(frozen=True, slots=True)
class Change:
    """An entry of the journal: what was done to whom, and the steps that take it back.

    One that nobody asked for ``is_automatic``. ``crops`` are stored pictures that were let go of, for their new owner
    does not consent to keep them: of no use to anybody, they are the caller's to delete.
    """

    change_id: int
    kind: str
    at: datetime
    people: tuple[str, ...]
    undoing: tuple[Step, ...]
    undone_at: datetime | None = None
    crops: tuple[str, ...] = ()
    is_automatic: bool = False


Fact = bool | int | float | str | tuple[str, ...]


class Heard(Protocol):
    """The entry of a log that became of something."""

    @property
    def number(self) -> int:
        """How manieth it is."""
        ...

    @property
    def hash(self) -> str:
        """What it is recognised by."""
        ...


Hears = Callable[[str, tuple[str, ...], Mapping[str, Fact]], Heard | None]
"""Hears of an action, the ids of whom it is about, and facts."""
Told = tuple[str, tuple[str, ...], Mapping[str, Fact]]
"""These three."""


class Outbox(Protocol):
    """The one way to the audit log: of every entry that is made, the database notes which was the last.

    What was put down in the very transactions that changed people is kept until the log has heard of it. Safe for
    several threads and processes. Raises StoreError where the database cannot be used.
    """

    def deliver(self, hears: Hears, begun_before: datetime | None = None, about: Collection[str] = ()) -> int:
        """Hand everything over, the oldest first, and how much it was; what is not taken stays.

        Of what was begun and never ended only what was begun before a moment or names some ids, with the fact that it
        ``is_interrupted``: a process died over it, or the ids may stand here no longer, and nobody knows whether it was
        done. Only where a process dies between the handing
        over and the note of it is something heard twice.
        """
        ...

    def tell(self, action: str, people: tuple[str, ...], facts: Mapping[str, Fact], hears: Hears) -> Heard | None:
        """Hand over what is in no transaction, and never put down here; what became of it."""
        ...

    def begin(self, action: str, people: tuple[str, ...], facts: Mapping[str, Fact], at: datetime) -> int:
        """Put down what is about to be done outside the database; its id, for `end`."""
        ...

    def end(self, note_id: int, told: Told | None, hears: Hears) -> None:
        """Put it away, and hand over what was ``told`` as it began, unless it was not done.

        That is heard even where it was taken for interrupted meanwhile, and heard of as such: what was slow is done.
        """
        ...

    def last_heard(self) -> tuple[int, str] | None:
        """Number and hash of the last entry of the log, or none."""
        ...


class Journal(Protocol):
    """Changes people so that every change can be taken back. Safe for several threads and processes at once.

    Every method raises StoreError where the database cannot be used.
    """

    def apply(
        self,
        kind: str,
        steps: Sequence[Step],
        at: datetime,
        about: tuple[str, ...] = (),
        facts: Mapping[str, Fact] = MappingProxyType({}),
        is_automatic: bool = False,
    ) -> Change:
        """Take steps in one transaction, and note what takes them back; all of them or none.

        The audit log hears of it by the outbox, with facts, and ``about`` whom it is in the first place.

        Raises PeopleChanged where something is not as planned, PersonUnknown, GalleryError where a name is taken, where
        a person or picture is not there (any more), where somebody is another person by now, or where pictures would go
        to somebody who does not consent to be identified.
        """
        ...

    def changes(self, limit: int = 0, person_id: str = "", before: int = 0) -> tuple[Change, ...]:
        """The newest first, so many or all, of one person where an id is given, ``before`` a change where it is."""
        ...

    def undo(self, at: datetime, change_id: int = 0) -> Change:
        """Take back a change, or the newest that somebody made and that is not taken back yet.

        Whom it parts again are two people from then on: nothing that is automatic merges them any more. What was set
        aside automatically since, among the pictures that it touched, is taken back with it, and is among its steps.

        Raises GalleryError where there is none, where it is taken back already, or where a later one that still stands
        touched the same people, other than by setting pictures aside automatically.
        """
        ...

    def foresee_undo(self, at: datetime, change_id: int = 0) -> Change:
        """What `undo` would take back; raises as it does, and changes nothing."""
        ...
