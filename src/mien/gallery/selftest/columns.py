"""Everybody's templates of one model, read out of the store as columns."""

from dataclasses import dataclass
from datetime import datetime
from typing import Self

import numpy as np
from numpy.typing import NDArray

from mien.domain.faces import EmbeddingModel
from mien.domain.people.people import Person, Picture, Template
from mien.gallery.curation.outliers import KeptPictures
from mien.gallery.matching.leaving_out import Floats, Templates
from mien.store.people import PeopleStore


@dataclass(frozen=True, slots=True, eq=False)
class GalleryColumns:
    """Templates of everybody who is enrolled, and of the strangers whom the home has met.

    Their owners are places in ``people`` and ``strangers``; ``pictures`` are those that are looked at, by id.
    """

    templates: Templates
    people: tuple[Person, ...]
    met: Templates
    strangers: tuple[Person, ...]
    pictures: dict[int, Picture]

    @classmethod
    def of(cls, store: PeopleStore, model: EmbeddingModel) -> Self:
        """What a store holds of a model."""
        present = {person.person_id: person for person in store.people()}
        pictures = {one.picture_id: one for one in store.pictures() if one.state == "active"}
        stored = [one for one in store.templates(model) if one.picture_id in pictures and one.person_id in present]
        halves = []
        for kind in ("enrolled", "stranger"):
            own = [one for one in stored if present[one.person_id].kind == kind]
            ids = tuple(dict.fromkeys(one.person_id for one in own))
            people = tuple(present[person_id] for person_id in ids)
            halves.append((_columns(own, ids, pictures, model), people))
        (templates, enrolled), (met, strangers) = halves
        return cls(templates, enrolled, met, strangers, pictures)

    def kept(self, at: datetime) -> KeptPictures:
        """The plain templates of enrolled people as pictures that may be doubted."""
        rows = np.flatnonzero(self.templates.is_plain)
        ids = self.templates.pictures[rows].tolist()
        owners = [self.people[place].person_id for place in self.templates.owners[rows].tolist()]
        ages = np.array([(at - self.pictures[one].created_at).total_seconds() for one in ids], np.float64)
        vouched = frozenset(one for one in ids if self.pictures[one].is_vouched)
        return KeptPictures(self.templates.vectors[rows], ids, owners, ages, vouched)


def _columns(
    stored: list[Template], ids: tuple[str, ...], pictures: dict[int, Picture], model: EmbeddingModel
) -> Templates:
    places = {person_id: place for place, person_id in enumerate(ids)}
    quality = np.array([pictures[one.picture_id].quality for one in stored], np.float32)
    is_plain: NDArray[np.bool_] = np.array([one.variant == "plain" for one in stored], np.bool_)
    vectors: Floats = np.stack([one.vector for one in stored]) if stored else np.zeros((0, 0), np.float32)
    return Templates(
        model,
        vectors,
        np.square(quality),
        np.array([places[one.person_id] for one in stored], np.int32),
        np.array([one.picture_id for one in stored], np.int64),
        is_plain,
    )
