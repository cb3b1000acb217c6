"""How many pictures of a person are looked at, and which are set aside beyond that: those that are missed least."""

from collections import defaultdict
from collections.abc import Collection, Iterable

import numpy as np
from numpy.typing import NDArray

from mien.domain.clock import Clock
from mien.domain.errors import GalleryError
from mien.domain.faces import EmbeddingModel
from mien.domain.people.people import Picture, PictureState, Template
from mien.gallery.registry import Registry
from mien.store.journal import AsPlanned, PictureStates, Step
from mien.store.people import PeopleStore


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
        steps, now = (AsPlanned((), pictures), PictureStates(aside, "set_aside")), self._clock.now()
        try:
            self._registry.journal.apply(
                "picture.set-aside", steps, now, (person_id,), {"pictures": len(aside)}, is_automatic=True
            )
        except GalleryError:
            return 0
        self._registry.tell()
        return len(aside)


class Room:
    """Plans what is set aside where somebody is to get pictures, so that ``cap`` at most of a person are looked at.

    Both ways tell the steps, and words for whoever is to agree. Raises StoreError.
    """

    def __init__(self, people: PeopleStore, cap: int) -> None:
        self._people = people
        self._cap = cap

    def states(self, pictures: Iterable[Picture], unwanted: Collection[int] = ()) -> tuple[tuple[Step, ...], str]:
        """What becomes of pictures that are to be one person's, some of which go into the recycle bin."""
        active = [one for one in pictures if one.state == "active" and one.picture_id not in unwanted]
        aside: tuple[int, ...] = ()
        if len(active) > self._cap:
            owners = dict.fromkeys(one.person_id for one in active)
            templates = (template for owner in owners for template in self._people.templates(person_id=owner))
            aside = too_many(active, templates, self._cap)
        states: tuple[tuple[Collection[int], PictureState], ...] = ((unwanted, "binned"), (aside, "set_aside"))
        return tuple(PictureStates(tuple(ids), state) for ids, state in states if ids), _told(aside)

    def around(self, pictures: Iterable[Picture], held: Iterable[Picture]) -> tuple[tuple[Step, ...], str]:
        """What becomes of pictures, which were not looked at and are to be so again, and of those ``held`` beside them.

        The others make room; only where those that come back leave none do these count as all others do.
        """
        aside: tuple[int, ...] = ()
        for owner, back in _by_owner(pictures).items():
            there = _by_owner(held).get(owner, [])
            left = self._cap - len(back)
            asked, most = (there, left) if left > 0 else ([*there, *back], self._cap)
            templates = self._people.templates_of([one.picture_id for one in asked])
            aside += too_many(asked, templates, most)
        return (PictureStates(aside, "set_aside"),) if aside else (), _told(aside)


def _by_owner(pictures: Iterable[Picture]) -> dict[str, list[Picture]]:
    found: dict[str, list[Picture]] = defaultdict(list)
    for one in pictures:
        found[one.person_id].append(one)
    return found


def _told(aside: Collection[int]) -> str:
    number = f"{len(aside)} " if len(aside) > 1 else ""
    return f", and set the {number}most redundant of their pictures aside" if aside else ""


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
