"""What keeps people, their pictures and templates: the protocol every store of people fulfils."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from mien.domain.faces import EmbeddingModel
from mien.domain.people.assurance import NOTHING_ASSURED, Assurance
from mien.domain.people.consent import NewConsent
from mien.domain.people.people import Person, Picture, PictureState, Template, Variant
from mien.store.departures import Marks


@dataclass(frozen=True, slots=True, eq=False)
class NewTemplate:
    """An embedding that is not stored yet: vector (d,) float32 of unit length, of one model."""

    vector: NDArray[np.float32]
    model: EmbeddingModel
    variant: Variant = "plain"


@dataclass(frozen=True, slots=True)
class NewPicture:
    """A view of a face that is not stored yet, with its templates.

    ``digest`` identifies the picture it was made from (a hash of the file's bytes), or is empty where none does.
    ``crop`` names a stored picture, or is empty.
    """

    templates: tuple[NewTemplate, ...]
    quality: float
    origin: str
    digest: str = ""
    crop: str = ""


@dataclass(frozen=True, slots=True)
class Added:
    """How many pictures were new, or had templates that were; and stored pictures given with them that none needs."""

    count: int
    unused: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class TemplateOwners:
    """Whose templates of one model are, of people who are looked for and pictures that are active.

    ``template_ids`` (m,) ascending; ``owners`` (m,) are places in ``person_ids``, of whom each has at least one;
    ``weights`` (m,) are the squares of the pictures' qualities.
    """

    template_ids: NDArray[np.int64]
    owners: NDArray[np.int32]
    person_ids: tuple[str, ...]
    weights: NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.template_ids)


@dataclass(frozen=True, slots=True)
class ChangedPeople:
    """Whom changes after a revision touched, of whatever standing, and how many people there are now altogether."""

    people: tuple[Person, ...]
    total: int


@dataclass(frozen=True, slots=True)
class Holding:
    """How many enrolled people and strangers are known by templates of one model, and by how many of them."""

    model: EmbeddingModel
    enrolled: int
    strangers: int
    templates: int = 0


@dataclass(frozen=True, slots=True)
class Forgotten:
    """What deleting a person under all ids removed, in rows and files, ``visit_crops`` of these of visits."""

    person_id: str
    person_ids: tuple[str, ...]
    templates: int
    pictures: int
    readings: int
    events: int
    sightings: int
    crops: tuple[str, ...]
    consents: int = 0
    changes: int = 0
    models: tuple[EmbeddingModel, ...] = ()
    visit_crops: int = 0
    rollups: int = 0
    accounts: int = 0


@dataclass(frozen=True, slots=True)
class Effaced:
    """Which stored pictures of others went with a person, and how many cameras and other records had the name."""

    crops: tuple[str, ...]
    cameras: int
    records: int = 0


class PeopleStore(Protocol):
    """Keeps people, pictures and templates. Safe for several threads and processes; every change is one transaction.

    Every method raises StoreError where the database cannot be used.
    """

    def add_person(
        self,
        name: str,
        pictures: Sequence[NewPicture],
        at: datetime,
        consent: NewConsent | None = None,
        uid: str = "",
        assured: Assurance = NOTHING_ASSURED,
    ) -> Person:
        """Enrol somebody under a name (already tidied) and a new id; GalleryError where the name is taken.

        What the person consents to is put on record with it. Without ``uid`` a new one is made. The audit log hears of
        it by the outbox, and of what is ``assured`` of the pictures.
        """
        ...

    def add_stranger(self, pictures: Sequence[NewPicture], at: datetime, as_of: int | None = None) -> Person:
        """Found a stranger under the next id ``unknown-NNNN``, which is never given again.

        ``as_of`` is the revision of people as of which it is known that it is nobody; raises PeopleChanged where
        anybody changed since.
        """
        ...

    def add_pictures(
        self,
        person_id: str,
        pictures: Sequence[NewPicture],
        at: datetime,
        assured: Assurance = NOTHING_ASSURED,
        consent: NewConsent | None = None,
    ) -> Added:
        """Add pictures, except for those the person already has, by their digest.

        What the person consents to, where that is told, is put on record with them. Of a picture that is there already,
        templates of models it has none of are added. Stored pictures are kept only of people who consent to it at that
        moment; those that are not are the caller's to delete. Raises PersonUnknown where there is no such person (any
        more), GalleryError where they do not consent to be identified.
        """
        ...

    def add_templates(self, templates: Iterable[tuple[int, NewTemplate]]) -> int:
        """Add templates to pictures by id; how many there was room for.

        There is none where the picture has one of that model and variant, is gone, or is of somebody who may not be
        identified.
        """
        ...

    def people(self, *, everybody: bool = False) -> tuple[Person, ...]:
        """Everybody who is looked for, enrolled people by name first, then strangers by id; or really ``everybody``."""
        ...

    def named(self, name: str) -> Person | None:
        """The enrolled person of a name, in whatever case it is written."""
        ...

    def person(self, person_id: str) -> Person | None:
        """The person of an id, of whatever standing."""
        ...

    def pictures(self, person_id: str = "", state: PictureState | None = None) -> tuple[Picture, ...]:
        """The pictures of a person, or of everybody, of a state or of whatever one, by ascending id."""
        ...

    def pictures_by_id(self, picture_ids: Collection[int]) -> tuple[Picture, ...]:
        """Those of some pictures that are there, by ascending id."""
        ...

    def templates(self, model: EmbeddingModel | None = None, person_id: str = "") -> tuple[Template, ...]:
        """Templates of active pictures, of one model or all, of one person or everybody who is looked for."""
        ...

    def templates_of(self, picture_ids: Collection[int]) -> tuple[Template, ...]:
        """Templates of some pictures, of all models, whatever the state of the picture and the standing of its person.

        They come by ascending id.
        """
        ...

    def template_owners(self, model: EmbeddingModel, after: int = -1) -> TemplateOwners:
        """Whose the templates of a model are that are looked at, of people whom a change after a revision touched."""
        ...

    def template_vectors(self, template_ids: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """Of templates of one model those that are (still) there: ids (m,) ascending, vectors (m, d)."""
        ...

    def changed_people(self, after: int) -> ChangedPeople:
        """Whom changes after a revision touched."""
        ...

    def person_ids(self) -> frozenset[str]:
        """The ids of everybody, of whatever standing."""
        ...

    def holdings(self) -> tuple[Holding, ...]:
        """Whom there are templates of, model by model."""
        ...

    def counts(self) -> dict[str, tuple[int, int, int]]:
        """Of everybody who has any, the numbers of active pictures, of their templates, and of those that are stored.

        What is stored is the picture itself, its crop.
        """
        ...

    def digests(self, person_id: str, model: EmbeddingModel, *, is_bare: bool = False) -> frozenset[str]:
        """The pictures of which a person already has templates of a model, or those of them that are not stored."""
        ...

    def has_crop(self, crop: str) -> bool:
        """Whether a picture, of whomever, has a stored one of a name."""
        ...

    def embedded(self, model: EmbeddingModel) -> frozenset[int]:
        """The ids of the pictures, of whomever and of whatever state, that have a plain template of a model."""
        ...

    def judged_by(self, judge: str) -> frozenset[int]:
        """The ids of the pictures, of whomever and of whatever state, whose quality is what a judge said last."""
        ...

    def set_qualities(self, judge: str, qualities: Mapping[int, float]) -> int:
        """Give pictures, by id, the quality in [0, 1] that a judge says; how many of them are (still) there."""
        ...

    def drop_templates(self, model: EmbeddingModel, successor: EmbeddingModel) -> int:
        """Delete the templates of a model of pictures that have some of its successor; how many went."""
        ...

    def selves(self, person_id: str) -> tuple[str, ...]:
        """All ids of the person of an id, that of whom it was merged into first; raises PersonUnknown."""
        ...

    def has_forgotten(self) -> bool:
        """Whether anybody was ever forgotten here."""
        ...

    def is_forgotten(self, uid: str) -> bool:
        """Whether the person of a uid was forgotten here."""
        ...

    def belongings(self, person_id: str) -> Forgotten:
        """What forgetting a person would remove; raises PersonUnknown."""
        ...

    def marks(self, person_id: str) -> Marks:
        """By what a person, under all ids, would be recognised in the bytes of a file; raises PersonUnknown."""
        ...

    def readable(self, sought: Collection[str] = ()) -> Iterator[tuple[str, bytes, bool]]:
        """What is kept encrypted, opened: where it is kept, the bytes, and whether they are a text.

        Names that are ``sought`` are left out where they are but part of the name of whoever it is about.
        """
        ...

    def forget(self, person_id: str, agreed: Collection[str] | None = None) -> Forgotten:
        """Delete a person and those merged into it, with everything that names them, and count what went.

        The ids are not given again. Raises PersonUnknown, and PeopleChanged where one of them was not ``agreed`` to.
        """
        ...

    def efface(self, marks: Marks, borne: Collection[str] = ()) -> Effaced:
        """Take by what a person is recognised out of the records of others; what went with it.

        The names go from those of cameras and why these were lost, from origins of pictures, from consent's proofs and
        versions, spelt as they may be, but as they are ``borne`` by others; others' pictures, and views of visits, with
        the very template of one of the person's go as a whole: it is the same picture. Unused cameras go too.
        """
        ...

    def traces(self, person_ids: Collection[str]) -> int:
        """Number of rows in which ids still occur."""
        ...

    def revision(self) -> int:
        """A number that grows with every change to people, pictures or templates, by whichever process."""
        ...
