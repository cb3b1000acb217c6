"""What keeps people and their templates: the protocol every store of people fulfils."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from mien.domain.faces import EmbeddingModel
from mien.domain.people import Person, Template


@dataclass(frozen=True, slots=True)
class NewTemplate:
    """A template that is not stored yet: vector (d,) float32 of unit length, and where it is from.

    ``digest`` identifies the picture it was made from (a hash of the file's bytes), or is empty where none does.
    ``crop`` names a stored picture, or is empty.
    """

    vector: NDArray[np.float32]
    model: EmbeddingModel
    quality: float
    origin: str
    digest: str = ""
    crop: str = ""


@dataclass(frozen=True, slots=True)
class Holding:
    """How many enrolled people and strangers are known by templates of one model."""

    model: EmbeddingModel
    enrolled: int
    strangers: int


@dataclass(frozen=True, slots=True)
class Forgotten:
    """What forgetting a person removed, in rows and files."""

    person_id: str
    templates: int
    readings: int
    events: int
    crops: tuple[str, ...]


class PeopleStore(Protocol):
    """Keeps people and templates. Safe for several threads and processes at once; every change is one transaction.

    Every method raises StoreError where the database cannot be used.
    """

    def add_person(self, name: str, templates: Sequence[NewTemplate], at: datetime) -> Person:
        """Enrol somebody under a name (already tidied) and a new id; GalleryError where the name is taken."""
        ...

    def add_stranger(self, templates: Sequence[NewTemplate], at: datetime) -> Person:
        """Found a stranger under the next id ``unknown-NNNN``, which is never given again."""
        ...

    def add_templates(self, person_id: str, templates: Sequence[NewTemplate], at: datetime) -> int:
        """Add templates, except for those whose picture the person already has for that model; how many were new.

        Raises PersonUnknown where there is no such person (any more).
        """
        ...

    def people(self) -> tuple[Person, ...]:
        """Everybody, enrolled people by name first, then strangers by id."""
        ...

    def named(self, name: str) -> Person | None:
        """The enrolled person of a name, in whatever case it is written."""
        ...

    def person(self, person_id: str) -> Person | None:
        """The person of an id."""
        ...

    def templates(self, model: EmbeddingModel | None = None, after: int = 0) -> tuple[Template, ...]:
        """Templates of one model, or of all, with ids above ``after``, by ascending id: ids are never given again."""
        ...

    def template_ids(self, model: EmbeddingModel) -> tuple[int, ...]:
        """Ids of the templates of one model, ascending."""
        ...

    def holdings(self) -> tuple[Holding, ...]:
        """Whom there are templates of, model by model."""
        ...

    def counts(self) -> dict[str, int]:
        """Number of templates, of whatever model, of everybody who has any."""
        ...

    def crops(self, person_id: str) -> tuple[str, ...]:
        """Names of the pictures that are kept of a person."""
        ...

    def digests(self, person_id: str, model: EmbeddingModel) -> frozenset[str]:
        """The pictures a person already has templates of."""
        ...

    def forget(self, person_id: str) -> Forgotten:
        """Delete a person with every template, reading and event that names them, and count what went.

        The id is not given again. Raises PersonUnknown where there is no such person.
        """
        ...

    def traces(self, person_id: str) -> int:
        """Number of rows in which an id still occurs."""
        ...

    def revision(self) -> int:
        """A number that grows with every change to people or templates, by whichever process."""
        ...
