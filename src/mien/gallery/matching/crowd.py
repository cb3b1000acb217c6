"""Everybody at one moment, and the search of faces among them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from mien.domain.faces import EmbeddingModel
from mien.domain.people.people import Person
from mien.gallery.matching.means import person_means
from mien.gallery.matching.scoring import Exact, Scoring
from mien.gallery.matching.thresholds import MatchingSettings
from mien.store.people import TemplateOwners

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Crowd:
    """The p people with templates of one model at one moment, each by the mean of these templates.

    ``is_enrolled`` (p,), ``sizes`` (p,), which are numbers of templates, ``person_ids`` and ``places`` are in the order
    of these people; ``names`` are those of everybody who has one, ``ignored`` the ids of those to be ignored.
    """

    model: EmbeddingModel
    person_ids: tuple[str, ...]
    places: dict[str, int]
    names: dict[str, str]
    is_enrolled: NDArray[np.bool_]
    sizes: NDArray[np.intp]
    scoring: Scoring
    ignored: frozenset[str] = frozenset()

    @classmethod
    def of(cls, owners: TemplateOwners, people: Mapping[str, Person], scoring: Scoring, model: EmbeddingModel) -> Self:
        """Those who have templates, by whose these are, with what scores them in this order."""
        return cls(
            model,
            owners.person_ids,
            {person_id: place for place, person_id in enumerate(owners.person_ids)},
            {person_id: person.name for person_id, person in people.items() if person.name and person.is_present},
            np.array([people[person_id].kind == "enrolled" for person_id in owners.person_ids], np.bool_),
            np.bincount(owners.owners, minlength=len(owners.person_ids)),
            scoring,
            frozenset(person.person_id for person in people.values() if person.standing == "ignored"),
        )

    @classmethod
    def empty(cls, model: EmbeddingModel) -> Self:
        nothing = np.zeros(0, np.float32)
        return cls.of_templates(nothing.reshape(0, 0), nothing, np.zeros(0, np.int32), (), model)

    @classmethod
    def of_templates(
        cls,
        vectors: Floats,
        weights: Floats,
        owners: NDArray[np.int32],
        people: Sequence[Person],
        model: EmbeddingModel,
    ) -> Self:
        """People whose templates (m, d), their weights (m,) and the places (m,) of whose they are lie in memory."""
        columns = TemplateOwners(np.arange(len(vectors)), owners, tuple(person.person_id for person in people), weights)
        scoring = Exact(person_means(vectors, weights, owners, len(people)), np.arange(len(people)))
        return cls.of(columns, {person.person_id: person for person in people}, scoring, model)

    def scores(self, vectors: Floats) -> Floats:
        """Similarity of n vectors to each person's mean, (n, p).

        In a crowd of more than 100,000 it is -1 for everybody who is not among the nearest.
        """
        return self.scoring.scores(vectors)

    def known_above(self, settings: MatchingSettings, quality: float = 1.0) -> float:
        """The least similarity to an enrolled person in a crowd of this size, for views of a quality."""
        return settings.known_above(int(np.count_nonzero(self.is_enrolled)), quality)

    def stranger_above(self, settings: MatchingSettings) -> float:
        """The least similarity to a stranger met before in a crowd of this size."""
        return settings.stranger_above(int(np.count_nonzero(~self.is_enrolled)))


@dataclass(frozen=True, slots=True)
class Best:
    """The nearest of some people: place in the crowd (-1 for nobody), similarity, and the lead over the second."""

    place: int
    similarity: float
    margin: float

    @classmethod
    def among(cls, scores: Floats, allowed: NDArray[np.bool_]) -> Self:
        """The best of those allowed, from scores (p,) and a mask (p,)."""
        left = np.where(allowed, scores, -np.inf)
        first = int(left.argmax()) if len(left) else -1
        if first < 0 or not allowed[first]:
            return cls(-1, 0.0, 0.0)
        top, left[first] = float(left[first]), -np.inf
        second = int(left.argmax())
        return cls(first, top, top - (float(left[second]) if allowed[second] and second != first else 0.0))
