"""Everybody's pictures looked for among the others: each is left out in turn, and asked who it is."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mien.domain.faces import EmbeddingModel
from mien.gallery.matching.means import person_means

Floats = NDArray[np.float32]

_AT_ONCE = 1_024
_LEAST_WEIGHT = 1e-6


@dataclass(frozen=True, slots=True, eq=False)
class Templates:
    """Everybody's m templates of one model.

    ``vectors`` (m, d) of unit length; ``weights`` (m,) are squares of the pictures' quality; ``owners`` (m,) numbers
    from 0 of whose they are; ``pictures`` (m,) ids of what they were made from; ``is_plain`` (m,) or made distant.
    """

    model: EmbeddingModel
    vectors: Floats
    weights: Floats
    owners: NDArray[np.int32]
    pictures: NDArray[np.int64]
    is_plain: NDArray[np.bool_]

    @property
    def people(self) -> int:
        """How many people they are of."""
        return len(np.unique(self.owners))

    def means(self) -> Floats:
        """What everybody is compared by, (people, d)."""
        return person_means(self.vectors, self.weights, self.owners, self.people)


@dataclass(frozen=True, slots=True, eq=False)
class LeftOut:
    """What n pictures resemble, each left out of its person's.

    ``rows`` (n,) are the plain templates of people with several pictures; ``own`` (n,) the similarity to the mean of
    the person's other pictures, ``rival`` (n,) to the nearest of everybody else (0 where there is nobody), who is
    ``rivals`` (n,), -1 for nobody.
    """

    rows: NDArray[np.intp]
    own: Floats
    rival: Floats
    rivals: NDArray[np.intp]

    def __len__(self) -> int:
        return len(self.rows)


def left_out(templates: Templates) -> LeftOut:
    """Look for every picture among the others."""
    means, others = templates.means(), _means_of_others(templates)
    rows = np.flatnonzero(templates.is_plain & others.any(axis=1))
    own = np.einsum("nd,nd->n", templates.vectors[rows], others[rows])
    rival = np.zeros(len(rows), np.float32)
    rivals = np.full(len(rows), -1, np.intp)
    for start in range(0, len(rows) if len(means) > 1 else 0, _AT_ONCE):
        part = slice(start, start + _AT_ONCE)
        scores = templates.vectors[rows[part]] @ means.T
        scores[np.arange(len(scores)), templates.owners[rows[part]]] = -np.inf
        rivals[part] = scores.argmax(axis=1)
        rival[part] = scores.max(axis=1)
    return LeftOut(rows, own, rival, rivals)


def _means_of_others(templates: Templates) -> Floats:
    """Of each template (m, d) the mean of the person's templates of other pictures; zeros where there is none."""
    weighted = templates.vectors * templates.weights[:, None]
    _, group = np.unique(np.stack([templates.owners, templates.pictures]), axis=1, return_inverse=True)
    of_person, of_picture = _summed(weighted, templates.owners), _summed(weighted, group)
    has_others = _summed(templates.weights, templates.owners) - _summed(templates.weights, group) > _LEAST_WEIGHT
    rest = np.where(has_others[:, None], of_person - of_picture, 0)
    means: Floats = rest / np.maximum(np.linalg.norm(rest, axis=1, keepdims=True), _LEAST_WEIGHT)
    return means


def _summed(rows: Floats, group: NDArray[np.integer]) -> Floats:
    """The sum of the rows (m, ...) of the group of each, in the shape of the rows."""
    sums = np.zeros((int(group.max(initial=-1)) + 1, *rows.shape[1:]), np.float32)
    np.add.at(sums, group, rows)
    spread: Floats = sums[group]
    return spread
