"""Everybody at one moment, and the search of faces among them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from mien.domain.faces import EmbeddingModel
from mien.domain.people.people import Person
from mien.gallery.matching.means import means_and_lengths, standing
from mien.gallery.matching.scoring import Exact, Scoring
from mien.gallery.matching.thresholds import MatchingSettings

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Crowd:
    """The p people with templates of one model at one moment, each by the mean of these templates.

    ``is_enrolled`` (p,), ``person_ids`` and ``places`` are in the order of these people; ``names`` are those of
    everybody who has one, ``ignored`` the ids of those to be ignored. ``revision`` is that of the store.
    """

    model: EmbeddingModel
    person_ids: tuple[str, ...]
    places: dict[str, int]
    names: dict[str, str]
    is_enrolled: NDArray[np.bool_]
    scoring: Scoring
    ignored: frozenset[str] = frozenset()
    revision: int = -1

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
        means, lengths = means_and_lengths(vectors, weights, owners, len(people))
        is_enrolled = np.array([person.kind == "enrolled" for person in people], np.bool_)
        return cls(
            model,
            tuple(person.person_id for person in people),
            {person.person_id: place for place, person in enumerate(people)},
            {person.person_id: person.name for person in people if person.name},
            is_enrolled,
            Exact(standing(means, lengths, is_enrolled), np.arange(len(people))),
        )

    def scores(self, vectors: Floats, lengths: Floats | None = None, places: NDArray[np.intp] | None = None) -> Floats:
        """Similarity of n faces, or means of faces (n, d) of unit length, to each person, or to those of q places.

        To people who are enrolled it is the cosine with their mean, and to strangers that of ``linkage``, for which
        ``lengths`` (n,) are those of the means before they were normalised; single faces need none. Yields (n, p). In
        a crowd of more than 100,000 it is negative for everybody who is not among the nearest.
        """
        found = self.scoring.scores(vectors, places)
        if lengths is not None:
            strangers = np.flatnonzero(~(self.is_enrolled if places is None else self.is_enrolled[places]))
            found[:, strangers] *= np.sqrt(lengths)[:, None]
        return found

    def known_above(self, settings: MatchingSettings, quality: float = 1.0) -> float:
        """The least similarity to an enrolled person in a crowd of this size, for views of a quality."""
        return settings.known_above(int(np.count_nonzero(self.is_enrolled)), quality)


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
