"""What keeps consent, and lets go of what is no longer consented to: the protocol every store of consents fulfils."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from mien.domain.people.consent import Consent, NewConsent, Scope


@dataclass(frozen=True, slots=True)
class LetGo:
    """What went with consent: whose, to which uses, rows of templates, readings, roll-ups, stored pictures by name.

    Among these are so many templates of visits, and so many stored pictures of them, which no list of pictures has.
    ``shifts`` are events of expressions that shifted.
    """

    person_id: str
    scopes: frozenset[Scope]
    templates: int = 0
    readings: int = 0
    crops: tuple[str, ...] = ()
    visit_templates: int = 0
    visit_crops: int = 0
    rollups: int = 0
    shifts: int = 0


class ConsentStore(Protocol):
    """Keeps consent of people. Safe for several threads and processes at once; every change is one transaction.

    Every method raises StoreError where the database cannot be used.
    """

    def give(self, person_id: str, consent: NewConsent, at: datetime) -> None:
        """Record consent; whoever consents to be identified is looked for again.

        What is on record of a person keeps its order also where the clock was set back: nothing goes there under a
        moment before the last one. Raises PersonUnknown.
        """
        ...

    def withdraw(self, person_id: str, scopes: Collection[Scope], at: datetime) -> LetGo:
        """End consent to some uses now, and let go of what rests on it.

        Without *identify* the person is not looked for and the templates are deleted, those of sightings too; without
        *keep* the names of stored pictures, which are returned; without *expression* what readings say of expressions
        and what was added up or told of these. All ids of the person are heeded. Where there is no consent to take back
        it goes on record that it is refused, each time. Raises PersonUnknown.
        """
        ...

    def at_stake(self, person_id: str, scopes: Collection[Scope]) -> LetGo:
        """What would go if consent were withdrawn."""
        ...

    def lapse(self, at: datetime) -> tuple[LetGo, ...]:
        """Let go of what rests on consent that has expired since the last time this was asked."""
        ...

    def lapsing(self, at: datetime) -> frozenset[str]:
        """Whose consent to something has expired and was not let go of yet, by their present ids."""
        ...

    def of(self, person_id: str) -> tuple[Consent, ...]:
        """Everything on record of a person, the oldest first."""
        ...

    def texts(self) -> tuple[str, ...]:
        """Every text that is on record with anybody's consent, each once."""
        ...

    def scopes_of(self, person_id: str, at: datetime) -> frozenset[Scope]:
        """What a person, under all their ids, consents to at a moment; raises PersonUnknown."""
        ...

    def valid(self, at: datetime) -> dict[str, frozenset[Scope]]:
        """What everybody of whom anything is on record allows at a moment, a stranger all that never came up."""
        ...
