"""The strangers of a home, as clustering wants them: the gallery to search in, the stores to keep them in."""

from collections.abc import Callable, Iterable, Iterator, Sequence, Set
from contextlib import ExitStack, contextmanager, suppress

import numpy as np

from mien.domain.errors import GalleryError, PeopleChanged, PersonUnknown
from mien.domain.people.people import Person, Picture, Template
from mien.gallery.gallery import Gallery
from mien.gallery.matching.crowd import Best
from mien.gallery.matching.linkage import Floats
from mien.gallery.matching.views import View
from mien.gallery.registry import Registry
from mien.gallery.strangers.clustering import NOBODY, Faces
from mien.store.history.sightings import SightingStore
from mien.store.journal import Fact, PersonMerged
from mien.store.people import NewPicture, NewTemplate


class KeptStrangers:
    """Strangers in the stores, found by a gallery. Safe for several threads."""

    def __init__(self, gallery: Gallery, registry: Registry, sightings: SightingStore) -> None:
        self._gallery = gallery
        self._registry = registry
        self._sightings = sightings

    def nearest(self, mean: Floats, length: float, barred: Set[str]) -> tuple[str, float]:
        crowd = self._gallery.crowd
        allowed = ~crowd.is_enrolled
        allowed[[crowd.places[person_id] for person_id in barred if person_id in crowd.places]] = False
        best = Best.among(crowd.scores(mean[None], np.array([length], np.float32))[0], allowed)
        return (crowd.person_ids[best.place], best.similarity) if best.place >= 0 else (NOBODY, -1.0)

    @contextmanager
    def founding(self, views: Sequence[View], origin: str) -> Iterator[Callable[[], str]]:
        with ExitStack() as unused:
            pictures = [self._picture(view, origin, unused) for view in views]

            with self._gallery.held() as crowd:
                as_of = crowd.revision

                def found() -> str:
                    nonlocal as_of
                    try:
                        person = self._registry.people.add_stranger(pictures, self._gallery.now(), as_of)
                    except PeopleChanged:  # by another process, after this one looked
                        with self._gallery.held() as changed:
                            as_of = changed.revision
                        return NOBODY
                    unused.pop_all()
                    self._gallery.refresh()
                    return person.person_id

                yield found

    def faces(self, person_id: str) -> Faces:
        person = self._registry.people.person(person_id)
        if person is None or person.kind != "stranger" or not person.is_present:
            return Faces(np.zeros((0, 0), np.float32), np.zeros(0, np.float32))
        people = self._registry.people
        return kept_faces(people.pictures(person_id, "active"), people.templates(self._gallery.model, person_id))

    def add(self, person_id: str, view: View, origin: str) -> None:
        with ExitStack() as unused, suppress(PersonUnknown):
            picture = self._picture(view, origin, unused)
            added = self._registry.people.add_pictures(person_id, [picture], self._gallery.now())
            unused.pop_all()
            for crop in added.unused:
                self._registry.media.delete(crop)
            self._gallery.refresh()

    def parted(self, person_id: str) -> Set[str]:
        with suppress(PersonUnknown):
            return self._sightings.parted(person_id)
        return frozenset()

    def merge(self, one: str, other: str) -> str:
        found = [self._registry.people.person(person_id) for person_id in (one, other)]
        if None in found:
            return NOBODY
        kept, gone = sorted(filter(None, found), key=_seniority)
        steps = (PersonMerged(gone.person_id, kept.person_id),)
        facts: dict[str, Fact] = {"merged_into": kept.person_id}
        about, now = (kept.person_id, gone.person_id), self._gallery.now()
        try:
            change = self._registry.journal.apply("person.merged", steps, now, about, facts, is_automatic=True)
        except GalleryError:
            return NOBODY
        for crop in change.crops:
            self._registry.media.delete(crop)
        self._registry.tell()
        self._gallery.refresh()
        return kept.person_id

    def _picture(self, view: View, origin: str, unused: ExitStack) -> NewPicture:
        """A view as a picture whose crop is stored; ``unused`` removes the crop again."""
        crop = "" if view.crop is None else self._registry.media.save(view.crop)
        if crop:
            unused.callback(self._registry.media.delete, crop)
        return NewPicture((NewTemplate(view.vector, self._gallery.model),), view.quality, origin, crop=crop)


def kept_faces(pictures: Iterable[Picture], templates: Iterable[Template]) -> Faces:
    """What is kept of a person: the plain ones of templates of one model, as good as their pictures are."""
    qualities = {one.picture_id: one.quality for one in pictures}
    own = [one for one in templates if one.variant == "plain" and one.picture_id in qualities]
    vectors = np.stack([one.vector for one in own]) if own else np.zeros((0, 0), np.float32)
    return Faces(vectors, np.array([qualities[one.picture_id] for one in own], np.float32))


def _seniority(person: Person) -> tuple[bool, object, str]:
    """Less is senior: whoever is ignored stays so, and else whoever was met first."""
    return person.standing != "ignored", person.created_at, person.person_id
