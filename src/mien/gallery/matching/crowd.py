"""Everybody's templates at one moment, and exact search of faces among them."""

from dataclasses import dataclass, replace
from typing import Self

import numpy as np
from numpy.typing import NDArray

from mien.domain.errors import ModelMismatch
from mien.domain.faces import EmbeddingModel
from mien.domain.people import Person, Template
from mien.gallery.matching.thresholds import MatchingSettings

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Crowd:
    """Everybody's templates of one model at one moment: m templates of p people, grouped by person.

    ``vectors`` (m, d) of unit length; ``starts`` (p,) where each person's templates begin; ``is_enrolled``
    (p,); ``person_ids`` and ``places`` in the order of these people, ``names`` of everybody.
    """

    model: EmbeddingModel
    vectors: Floats
    starts: NDArray[np.intp]
    is_enrolled: NDArray[np.bool_]
    person_ids: tuple[str, ...]
    names: dict[str, str]
    places: dict[str, int]

    @classmethod
    def empty(cls, model: EmbeddingModel) -> Self:
        return cls.of((), {}, model)

    @classmethod
    def of(cls, templates: tuple[Template, ...], people: dict[str, Person], model: EmbeddingModel) -> Self:
        """Group templates of one model by person."""
        if foreign := next((template.model for template in templates if template.model != model), None):
            raise ModelMismatch(f"a gallery of {model} cannot hold a template of {foreign}")
        kept = sorted(templates, key=lambda template: (template.person_id, template.template_id))
        owners = [template.person_id for template in kept]
        starts = [at for at, owner in enumerate(owners) if at == 0 or owners[at - 1] != owner]
        ids = tuple(owners[at] for at in starts)
        return cls(
            model,
            np.stack([template.vector for template in kept]) if kept else np.zeros((0, 0), np.float32),
            np.array(starts, np.intp),
            np.array([people[person_id].kind == "enrolled" for person_id in ids], np.bool_),
            ids,
            {person_id: person.name for person_id, person in people.items()},
            {person_id: place for place, person_id in enumerate(ids)},
        )

    def with_stranger(self, person_id: str, arrived: tuple[Template, ...]) -> Self:
        """The crowd with a stranger's new templates: much faster than grouping everybody anew."""
        if not arrived:
            return self
        count = len(self.person_ids)
        place = self.places.get(person_id, count)
        end = int(self.starts[place + 1]) if place + 1 < count else len(self.vectors)
        own = np.stack([template.vector for template in arrived])
        grown = replace(
            self,
            vectors=np.concatenate((self.vectors[:end], own, self.vectors[end:])) if len(self.vectors) else own,
            starts=self.starts + np.where(np.arange(count) > place, len(own), 0),
        )
        if place < count:
            return grown
        return replace(
            grown,
            starts=np.append(self.starts, end),
            is_enrolled=np.append(self.is_enrolled, False),
            person_ids=(*self.person_ids, person_id),
            names={**self.names, person_id: ""},
            places={**self.places, person_id: place},
        )

    @property
    def sizes(self) -> NDArray[np.intp]:
        """Number of templates of each person, (p,)."""
        return np.diff(self.starts, append=len(self.vectors))

    def scores(self, vectors: Floats) -> Floats:
        """Similarity of n vectors to the best template of each person, (n, p)."""
        if not len(self.starts):
            return np.zeros((len(vectors), 0), np.float32)
        best: Floats = np.maximum.reduceat(vectors @ self.vectors.T, self.starts, axis=1)
        return best

    def known_above(self, settings: MatchingSettings, is_poor: bool = False) -> float:
        """The least similarity to an enrolled person in a crowd of this size."""
        return settings.known_above(int(self.sizes[self.is_enrolled].sum()), is_poor)

    def stranger_above(self, settings: MatchingSettings) -> float:
        """The least similarity to a stranger met before in a crowd of this size."""
        return settings.stranger_above(int(self.sizes[~self.is_enrolled].sum()))


@dataclass(frozen=True, slots=True)
class Best:
    """The nearest of some people: place in the crowd (-1 for nobody), similarity, and the lead over the second."""

    place: int
    similarity: float
    margin: float

    @classmethod
    def among(cls, scores: Floats, allowed: NDArray[np.bool_]) -> Self:
        """The best of those allowed, from scores (p,) and a mask (p,)."""
        places = np.flatnonzero(allowed)
        if not len(places):
            return cls(-1, 0.0, 0.0)
        order = places[np.argsort(-scores[places], kind="stable")[:2]]
        top = float(scores[order[0]])
        second = float(scores[order[1]]) if len(order) > 1 else 0.0
        return cls(int(order[0]), top, top - second)
