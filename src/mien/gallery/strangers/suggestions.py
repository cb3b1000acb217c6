"""What to show of a cluster of strangers, and whom it resembles: for somebody who decides who they are."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from mien.gallery.matching.linkage import Floats, representative
from mien.gallery.matching.views import unit
from mien.gallery.strangers.clustering import Face


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A person, or another cluster, and how similar it is."""

    person_id: str
    similarity: float


def best_shot(faces: Iterable[Face]) -> Face:
    """The face of highest quality, the first of several; raises ValueError where there is none."""
    return max(faces, key=lambda face: face.quality)


def nearest_people(vectors: Floats, templates: Floats, owners: Sequence[str], limit: int = 3) -> tuple[Suggestion, ...]:
    """The people whose templates (m, d), each of an owner, faces (n, d) of one person resemble most, best first.

    It is the mean of the faces that is compared, with the best template of each, as where people are recognised.
    """
    similarities = templates @ unit(vectors.mean(axis=0)) if owners else np.zeros(0, np.float32)
    best: dict[str, float] = {}
    for owner, similarity in zip(owners, similarities.tolist(), strict=True):
        best[owner] = max(similarity, best.get(owner, similarity))
    return _ranked(best, limit)


def nearest_clusters(vectors: Floats, others: Mapping[str, Floats], limit: int = 3) -> tuple[Suggestion, ...]:
    """The clusters, each of faces (m, d), that faces (n, d) of one person resemble most, best first.

    Similarities are those that clustering goes by.
    """
    own = representative(vectors)
    return _ranked({name: float(own @ representative(faces)) for name, faces in others.items()}, limit)


def _ranked(similarities: Mapping[str, float], limit: int) -> tuple[Suggestion, ...]:
    ranked = sorted(similarities.items(), key=lambda one: -one[1])
    return tuple(Suggestion(name, similarity) for name, similarity in ranked[:limit])
