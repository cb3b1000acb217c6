"""The strangers who wait for somebody to say who they are: the best picture of each, visits, and whom they resemble."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mien.domain.faces import EmbeddingModel
from mien.domain.people.people import Person, Picture
from mien.domain.people.sightings import Visits
from mien.gallery.matching.crowd import Crowd, Floats
from mien.gallery.strangers.kept_strangers import kept_faces
from mien.store.history.sightings import SightingStore
from mien.store.people import PeopleStore

_SUGGESTED = 3
Place = tuple[int, str]
"""Where a stranger stands among those who wait, the least first: visits, less than none, and the id."""
CrowdOf = Callable[[EmbeddingModel], Crowd]
"""Everybody by the templates of a model, as where faces are recognised."""


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A person, or another stranger, whose name is empty, and how similar it is."""

    person_id: str
    name: str
    similarity: float


@dataclass(frozen=True, slots=True)
class Waiting:
    """A stranger: pictures, the best first; visits, or none where no track has ended yet.

    ``people`` are the enrolled people whom the stranger resembles most, ``strangers`` the other strangers, best first;
    nobody is where there are no ``templates`` (any more). ``apart`` is who is known to be somebody else, for they were
    in view together or a merge was taken back: none of these.
    """

    person: Person
    pictures: tuple[Picture, ...]
    visits: Visits | None
    people: tuple[Suggestion, ...]
    strangers: tuple[Suggestion, ...]
    templates: int
    apart: tuple[str, ...]

    @property
    def place(self) -> Place:
        """Where the stranger stands."""
        return _place(self.person, self.visits)

    @property
    def stored(self) -> int:
        """Of how many pictures the picture itself is kept."""
        return sum(bool(picture.crop) for picture in self.pictures)

    @property
    def best(self) -> Picture | None:
        """The picture of highest quality that is kept, or of which nothing but the quality is."""
        return next((picture for picture in self.pictures if picture.crop), next(iter(self.pictures), None))


@dataclass(frozen=True, slots=True)
class WaitingPage:
    """Some of those who wait, of how many in all, and whether there are more behind them."""

    items: tuple[Waiting, ...]
    total: int
    has_more: bool


@dataclass(frozen=True, slots=True)
class _Resembled:
    people: tuple[Suggestion, ...] = ()
    strangers: tuple[Suggestion, ...] = ()


class ReviewQueue:
    """The strangers of a home whom nobody has decided about."""

    def __init__(self, people: PeopleStore, sightings: SightingStore, crowd_of: CrowdOf) -> None:
        self._people = people
        self._sightings = sightings
        self._crowd_of = crowd_of

    def waiting(self, *, ignored: bool = False) -> tuple[Waiting, ...]:
        """Who waits, the ones seen most often first; with those who are to be ignored, where that is asked for."""
        return self.page(ignored=ignored).items

    def page(self, limit: int | None = None, after: Place | None = None, *, ignored: bool = False) -> WaitingPage:
        """Of those who wait so many, or all, behind a place; of nobody else more is read than where they stand.

        They resemble others by the measure of recognition; left out is who they are known not to be.
        """
        standings = ("active", "ignored") if ignored else ("active",)
        strangers = [one for one in self._people.people() if one.kind == "stranger" and one.standing in standings]
        visits = self._sightings.visits()
        places = {one.person_id: _place(one, visits.get(one.person_id)) for one in strangers}
        left = [one for one in strangers if after is None or places[one.person_id] > after]
        left.sort(key=lambda one: places[one.person_id])
        page = left[:limit]
        return WaitingPage(self._told(page, visits, [*places]), len(strangers), len(page) < len(left))

    def _told(
        self, strangers: Sequence[Person], visits: Mapping[str, Visits], everybody: Collection[str]
    ) -> tuple[Waiting, ...]:
        """What is told of strangers, of the ids of all who wait."""
        pictures = {one.person_id: self._people.pictures(one.person_id, "active") for one in strangers}
        apart = {one.person_id: self._sightings.parted(one.person_id) for one in strangers}
        resembled, counts = self._resembled(pictures, apart, everybody), self._people.counts()
        return tuple(
            Waiting(
                one,
                tuple(sorted(pictures[one.person_id], key=lambda picture: -picture.quality)),
                visits.get(one.person_id),
                resembled.get(one.person_id, _Resembled()).people,
                resembled.get(one.person_id, _Resembled()).strangers,
                counts.get(one.person_id, (0, 0, 0))[1],
                tuple(sorted(apart[one.person_id])),
            )
            for one in strangers
        )

    def _resembled(
        self,
        pictures: Mapping[str, Sequence[Picture]],
        apart: Mapping[str, frozenset[str]],
        everybody: Collection[str],
    ) -> dict[str, _Resembled]:
        """Whom strangers of some pictures resemble but those apart, by the model there are templates of theirs of."""
        found: dict[str, _Resembled] = {}
        for model in (held.model for held in self._people.holdings() if held.strangers):
            left = {one: own for one, own in pictures.items() if one not in found}
            kept = {one: kept_faces(own, self._people.templates(model, one)) for one, own in left.items()}
            means = {one: faces.mean() for one, faces in kept.items() if len(faces)}
            if not means:
                continue
            crowd = self._crowd_of(model)
            vectors, lengths = zip(*means.values(), strict=True)
            scores = crowd.scores(np.stack(vectors), np.array(lengths, np.float32))
            is_asked = np.isin(crowd.person_ids, [*everybody])
            for one, own in zip(means, scores, strict=True):
                own[[crowd.places[other] for other in {one, *apart[one]} if other in crowd.places]] = -np.inf
                found[one] = _Resembled(_best(crowd, own, crowd.is_enrolled), _best(crowd, own, is_asked))
        return found


def _place(person: Person, visits: Visits | None) -> Place:
    return -(visits.count if visits else 0), person.person_id


def _best(crowd: Crowd, scores: Floats, among: NDArray[np.bool_]) -> tuple[Suggestion, ...]:
    """The most similar of some people, by similarities (p,) and a mask (p,)."""
    allowed = np.flatnonzero(among & np.isfinite(scores))
    best = allowed[np.argsort(-scores[allowed], kind="stable")[:_SUGGESTED]]
    ids = ((crowd.person_ids[place], float(scores[place])) for place in best)
    return tuple(Suggestion(person_id, crowd.names.get(person_id, ""), similarity) for person_id, similarity in ids)
