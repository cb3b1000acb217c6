"""How similar faces are to everybody: to each mean in turn, or to those that an index finds nearest."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from mien.store.vectors.index import Floats, Ids, VectorIndex

_NEAREST = 256  # so many are found by an index, whoever of them may be allowed


class Scoring(Protocol):
    """Similarities of faces to the p people of a crowd."""

    def scores(self, vectors: Floats, places: NDArray[np.intp] | None = None) -> Floats:
        """Products of n vectors (n, d) with what each person stands for, (n, p), or those of q places, (n, q)."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class Exact:
    """Compares with everybody: ``standing`` (p, d), and ``rows`` (p,) in which of them each person is."""

    standing: Floats
    rows: NDArray[np.intp]

    def scores(self, vectors: Floats, places: NDArray[np.intp] | None = None) -> Floats:
        rows = self.rows if places is None else self.rows[places]
        if not len(rows):
            return np.zeros((len(vectors), 0), np.float32)
        found: Floats = (vectors @ self.standing.T)[:, rows] if places is None else vectors @ self.standing[rows].T
        return found


@dataclass(frozen=True, slots=True, eq=False)
class Nearest:
    """Asks an index, and says -1 of everybody who is not among the nearest.

    ``keys`` (p,) ascending are those under which the index holds the people of ``places`` (p,).
    """

    index: VectorIndex
    keys: Ids
    places: NDArray[np.intp]

    def scores(self, vectors: Floats, places: NDArray[np.intp] | None = None) -> Floats:
        scores = np.full((len(vectors), len(self.keys)), -1, np.float32)
        if len(self.keys):
            found = self.index.search(vectors, _NEAREST)
            at = np.minimum(np.searchsorted(self.keys, found.ids), len(self.keys) - 1)
            faces, ranks = np.nonzero(self.keys[at] == found.ids)  # whoever came since is not of this crowd
            scores[faces, self.places[at[faces, ranks]]] = found.similarities[faces, ranks]
        return scores if places is None else scores[:, places]


def scoring_by(index: VectorIndex, keys: Ids) -> Scoring:
    """Scoring of people by the keys (p,) of all that is in an index, as of now."""
    places = np.argsort(keys)
    if index.rows is None:
        return Nearest(index, keys[places], places)
    ids, standing = index.rows
    rows = np.empty(len(keys), np.intp)
    rows[places] = np.argsort(ids)
    return Exact(standing, rows)
