"""What finds the templates nearest to a face: the protocol every index of vectors fulfils."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Ids = NDArray[np.int64]
Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Neighbours:
    """The k templates nearest to each of n vectors, nearest first: ids (n, k) int64 and similarities (n, k) float32.

    Where an index found fewer, the id is -1 and the similarity too.
    """

    ids: Ids
    similarities: Floats


class VectorIndex(Protocol):
    """Vectors (d,) of unit length or shorter under ids that are never used for another one. Safe for several threads.

    It is a cache: the templates in the store are the truth, and an index can be made from them at any time.
    """

    def __len__(self) -> int: ...

    @property
    def ids(self) -> Ids:
        """Ids of everything in it, (m,) in no order."""
        ...

    @property
    def rows(self) -> tuple[Ids, Floats] | None:
        """Ids (m,) and vectors (m, d) as of now, never to change, or none where vectors are kept compressed."""
        ...

    def add(self, ids: Ids, vectors: Floats) -> None:
        """Take in vectors (n, d) under ids (n,) of 0 and above that are not in it."""
        ...

    def remove(self, ids: Ids) -> None:
        """Let go of vectors; ids that are not in it are passed over."""
        ...

    def search(self, vectors: Floats, k: int) -> Neighbours:
        """The k nearest to each of n vectors (n, d) of unit length, by their product, of unit vectors the cosine."""
        ...


def without(ids: Ids, others: Ids) -> NDArray[np.bool_]:
    """Which of some ids (n,) are not among others (m,) ascending; much faster than ``np.isin`` on long columns."""
    if not len(others):
        return np.ones(len(ids), np.bool_)
    at = np.minimum(np.searchsorted(others, ids), len(others) - 1)
    is_new: NDArray[np.bool_] = others[at] != ids
    return is_new


def nearest(ids: Ids, similarities: Floats, k: int) -> Neighbours:
    """The k most similar of some candidates, from ids (m,) and similarities (n, m)."""
    count, held = similarities.shape
    found = Neighbours(np.full((count, k), -1, np.int64), np.full((count, k), -1, np.float32))
    kept = min(k, held)
    if not kept:
        return found
    chosen = np.argpartition(-similarities, kept - 1, axis=1)[:, :kept]
    order = np.argsort(-np.take_along_axis(similarities, chosen, axis=1), axis=1, kind="stable")
    chosen = np.take_along_axis(chosen, order, axis=1)
    found.ids[:, :kept] = ids[chosen]
    found.similarities[:, :kept] = np.take_along_axis(similarities, chosen, axis=1)
    return found
