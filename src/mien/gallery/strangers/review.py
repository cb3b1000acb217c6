"""The strangers who wait for somebody to say who they are: the best picture of each, visits, and whom they resemble."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from mien.domain.people.people import Person, Picture, Template
from mien.domain.people.sightings import Visits
from mien.gallery.strangers.suggestions import Suggestion, nearest_clusters, nearest_people
from mien.store.people import PeopleStore
from mien.store.sightings import SightingStore

_SUGGESTED = 3


@dataclass(frozen=True, slots=True)
class Waiting:
    """A stranger: pictures, the best first; visits, or none where no track has ended yet.

    ``people`` are the enrolled people whom the stranger resembles most, ``strangers`` the other strangers, best first.
    """

    person: Person
    pictures: tuple[Picture, ...]
    visits: Visits | None
    people: tuple[Suggestion, ...]
    strangers: tuple[Suggestion, ...]

    @property
    def best(self) -> Picture | None:
        """The picture of highest quality that is kept, or of which nothing but the quality is."""
        return next((picture for picture in self.pictures if picture.crop), next(iter(self.pictures), None))


class ReviewQueue:
    """The strangers of a home whom nobody has decided about."""

    def __init__(self, people: PeopleStore, sightings: SightingStore) -> None:
        self._people = people
        self._sightings = sightings

    def waiting(self, *, ignored: bool = False) -> tuple[Waiting, ...]:
        """Who waits, the ones seen most often first; with those who are to be ignored, where that is asked for."""
        standings = ("active", "ignored") if ignored else ("active",)
        strangers = [one for one in self._people.people() if one.kind == "stranger" and one.standing in standings]
        names = {one.person_id for one in self._people.people() if one.kind == "enrolled"}
        pictures = _by_owner(self._people.pictures())
        vectors = _plain_vectors(self._people.templates())
        visits = self._sightings.visits()
        found = [
            Waiting(
                one,
                tuple(sorted(pictures.get(one.person_id, ()), key=lambda picture: -picture.quality)),
                visits.get(one.person_id),
                _resembled(vectors, one.person_id, names),
                _alike(vectors, one.person_id, {other.person_id for other in strangers}),
            )
            for one in strangers
        ]
        return tuple(sorted(found, key=_urgency))


def _urgency(one: Waiting) -> tuple[int, str]:
    return -(one.visits.count if one.visits else 0), one.person.person_id


def _by_owner(pictures: Sequence[Picture]) -> Mapping[str, list[Picture]]:
    owned: dict[str, list[Picture]] = defaultdict(list)
    for picture in pictures:
        if picture.state == "active":
            owned[picture.person_id].append(picture)
    return owned


Vectors = Mapping[object, Mapping[str, np.ndarray]]


def _plain_vectors(templates: Sequence[Template]) -> dict[object, dict[str, np.ndarray]]:
    """By model, the vectors (n, d) of each person's pictures as they are."""
    rows: dict[object, dict[str, list[np.ndarray]]] = defaultdict(lambda: defaultdict(list))
    for template in templates:
        if template.variant == "plain":
            rows[template.model][template.person_id].append(template.vector)
    return {model: {owner: np.stack(own) for owner, own in owned.items()} for model, owned in rows.items()}


def _resembled(vectors: Vectors, stranger: str, enrolled: set[str]) -> tuple[Suggestion, ...]:
    for owned in vectors.values():
        if stranger in owned and (known := {owner: own for owner, own in owned.items() if owner in enrolled}):
            owners = [owner for owner, own in known.items() for _ in own]
            return nearest_people(owned[stranger], np.concatenate(list(known.values())), owners, _SUGGESTED)
    return ()


def _alike(vectors: Vectors, stranger: str, strangers: set[str]) -> tuple[Suggestion, ...]:
    for owned in vectors.values():
        others = {owner: own for owner, own in owned.items() if owner in strangers and owner != stranger}
        if stranger in owned and others:
            return nearest_clusters(owned[stranger], others, _SUGGESTED)
    return ()
