"""How similar faces are to everybody: to each mean in turn, or to those that an index finds nearest."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from mien.store.vectors.index import Floats, Ids, VectorIndex

_NEAREST = 256  # so many are found by an index, whoever of them may be allowed


class Scoring(Protocol):
    """Similarities of faces to the p people of a crowd."""

    def scores(self, vectors: Floats) -> Floats:
        """Similarity of n vectors (n, d) to each person, (n, p)."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class Exact:
    """Compares with everybody: ``means`` (p, d), and ``rows`` (p,) in which of them each person is."""

    means: Floats
    rows: NDArray[np.intp]

    def scores(self, vectors: Floats) -> Floats:
        every: Floats = vectors @ self.means.T if len(self.rows) else np.zeros((len(vectors), 0), np.float32)
        return every[:, self.rows]


@dataclass(frozen=True, slots=True, eq=False)
class Nearest:
    """Asks an index, and says -1 of everybody who is not among the nearest.

    ``keys`` (p,) ascending are those under which the index holds the people of ``places`` (p,).
    """

    index: VectorIndex
    keys: Ids
    places: NDArray[np.intp]

    def scores(self, vectors: Floats) -> Floats:
        scores = np.full((len(vectors), len(self.keys)), -1, np.float32)
        if len(self.keys):
            found = self.index.search(vectors, _NEAREST)
            at = np.minimum(np.searchsorted(self.keys, found.ids), len(self.keys) - 1)
            faces, ranks = np.nonzero(self.keys[at] == found.ids)  # whoever came since is not of this crowd
            scores[faces, self.places[at[faces, ranks]]] = found.similarities[faces, ranks]
        return scores


def scoring_by(index: VectorIndex, keys: Ids) -> Scoring:
    """Scoring of people by the keys (p,) of all that is in an index, as of now."""
    places = np.argsort(keys)
    if index.rows is None:
        return Nearest(index, keys[places], places)
    ids, means = index.rows
    rows = np.empty(len(keys), np.intp)
    rows[places] = np.argsort(ids)
    return Exact(means, rows)
