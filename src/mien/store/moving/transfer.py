"""People with everything that is kept of them, on the way from one home to another: the protocol of what moves them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol

from mien.domain.faces import EmbeddingModel
from mien.domain.people.consent import Consent, NewConsent
from mien.domain.people.people import Person, PictureState
from mien.store.consents import LetGo
from mien.store.people import NewPicture


@dataclass(frozen=True, slots=True)
class KeptPicture:
    """A picture with its templates of every model, since when it is kept, and in which state it is since when.

    It ``is_vouched`` where somebody said that it shows its person.
    """

    picture: NewPicture
    created_at: datetime
    state: PictureState = "active"
    state_at: datetime | None = None
    is_vouched: bool = False


@dataclass(frozen=True, slots=True)
class KeptPerson:
    """Somebody with all consent on record and all pictures, of whatever state."""

    person: Person
    consents: tuple[Consent, ...]
    pictures: tuple[KeptPicture, ...]


@dataclass(frozen=True, slots=True)
class Left:
    """How many pictures of somebody who arrives are left where they are, and whose they are: id, name or none."""

    person_id: str
    name: str
    pictures: int


Outcome = Literal["new", "known", "forgotten", "away"]
"""*forgotten*: was forgotten here and stays so; *away*: is in the recycle bin here, or has faded."""


@dataclass(frozen=True, slots=True)
class TakenIn:
    """What becomes of somebody who arrives, under which id (empty until there is one) and name.

    ``pictures`` are the places, in the person's pictures, of those that are new here; ``crops`` of those among them
    whose crop is kept. ``templates`` are new, of these pictures or of such as are here already. ``left`` are pictures
    that somebody else has here. ``is_identifiable``: the consent that counts allows to identify them. ``gone`` is what
    went with consent that they took back elsewhere, since their last word here.
    """

    outcome: Outcome
    person_id: str
    name: str
    pictures: tuple[int, ...] = ()
    crops: tuple[int, ...] = ()
    templates: int = 0
    left: tuple[Left, ...] = ()
    is_identifiable: bool = False
    gone: LetGo | None = None


class TransferStore(Protocol):
    """Moves people in and out. Safe for several threads and processes at once; every change is one transaction.

    Every method raises StoreError where the database cannot be used.
    """

    def take_out(self, person_id: str) -> KeptPerson:
        """Everything that is kept of a person; it stays where it is. Raises PersonUnknown."""
        ...

    def dimensions(self) -> Mapping[EmbeddingModel, int]:
        """How many numbers the vectors have of each model of which there are templates, of whomever."""
        ...

    def foresee(self, person: KeptPerson, at: datetime, consent: NewConsent | None = None) -> TakenIn:
        """What `take_in` would do, were nobody else on the way in."""
        ...

    def take_in(self, person: KeptPerson, at: datetime, consent: NewConsent | None = None) -> TakenIn:
        """Take in a person whole, or of somebody who is here by uid what is new; crops are names of stored pictures.

        A picture is here already where its digest is, or one of its templates, or where moment, origin and quality are
        the same. Where it is somebody else's it stays so, and is not taken in a second time; nor is one that comes
        twice, by digest or template, with the same person: then the first counts, with the templates of both.

        Consent comes along with somebody new; whoever is here has agreed here, and that stands, together with the
        ``consent`` that they, known by now, give at this moment. But what they took back or refused elsewhere after
        their last word here, they take back here as of that moment, also in the recycle bin. What they do not consent
        to is left out: templates without *identify*, and then nobody looks for them, crops without *keep*. A name that
        somebody else has gets a number: ``Ada (2)``. The audit log hears of it by the outbox. Raises StoreError, and
        nothing is changed, where a vector is of another length than those of its model.
        """
        ...
