"""How many pictures of a person are looked at, and which are set aside beyond that: those that are missed least."""

from collections import defaultdict
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from mien.domain.clock import Clock
from mien.domain.errors import GalleryError
from mien.domain.faces import EmbeddingModel
from mien.domain.people.people import Picture, Template
from mien.gallery.registry import Registry
from mien.store.journal import PictureStates


class Limit:
    """Sets pictures aside that are too many of a person, by whichever way they came. Safe for several threads."""

    def __init__(self, registry: Registry, cap: int, clock: Clock) -> None:
        self._registry = registry
        self._clock = clock
        self.cap = cap

    def enforce(self, person_id: str) -> int:
        """Set aside what is one too many of a person, as a change that nobody asked for; how many pictures it was.

        None where somebody else is at work on them: whoever adds the next picture does it.
        """
        people = self._registry.people
        pictures = people.pictures(person_id, "active")
        if len(pictures) <= self.cap:
            return 0
        aside = too_many(pictures, people.templates(person_id=person_id), self.cap)
        if not aside:
            return 0
        steps, now = (PictureStates(aside, "set_aside"),), self._clock.now()
        try:
            self._registry.journal.apply(
                "picture.set-aside", steps, now, (person_id,), {"pictures": len(aside)}, is_automatic=True
            )
        except GalleryError:
            return 0
        self._registry.tell()
        return len(aside)


def too_many(pictures: Iterable[Picture], templates: Iterable[Template], cap: int) -> tuple[int, ...]:
    """Of pictures of one person those, by id, without which no model looks at more than ``cap`` of them."""
    quality = {one.picture_id: one.quality for one in pictures}
    vectors: dict[EmbeddingModel, dict[int, NDArray[np.float32]]] = defaultdict(dict)
    for one in templates:
        if one.variant == "plain" and one.picture_id in quality:
            vectors[one.model][one.picture_id] = one.vector
    gone: list[int] = []
    for embedded in vectors.values():
        left = [picture_id for picture_id in embedded if picture_id not in gone]
        if len(left) > cap:
            stacked = np.stack([embedded[picture_id] for picture_id in left])
            rows = most_redundant(stacked, np.array([quality[one] for one in left]), len(left) - cap)
            gone += [left[row] for row in rows]
    return tuple(gone)


def most_redundant(vectors: NDArray[np.float32], quality: NDArray[np.float64], count: int) -> list[int]:
    """The rows of ``count`` of n views, vectors (n, d) of unit length and quality (n,), that are missed least.

    Again and again, of the two that are most alike, the poorer one goes; so what is left covers what there was.
    """
    similarity = vectors @ vectors.T
    np.fill_diagonal(similarity, -np.inf)
    gone: list[int] = []
    for _ in range(min(count, len(vectors) - 1)):
        one, other = divmod(int(similarity.argmax()), len(vectors))
        poorer = min(one, other, key=lambda row: (quality[row], -row))
        gone.append(poorer)
        similarity[poorer, :] = similarity[:, poorer] = -np.inf
    return gone
