"""What is kept of a track when it has ended, and which strangers turn out then to have been one."""

from collections.abc import Sequence
from contextlib import ExitStack

import numpy as np

from mien.domain.errors import GalleryError
from mien.domain.people.people import Person
from mien.domain.people.sightings import SightedView, Sighting
from mien.gallery.gallery import Gallery
from mien.gallery.matching.linkage import Floats, representative
from mien.gallery.matching.views import View
from mien.gallery.registry import Registry
from mien.gallery.strangers.clustering import ClusteringSettings
from mien.store.journal import Fact, PersonStanding, PictureMove
from mien.store.sightings import SightingStore

_VIEWS = 3  # of a face that is not known: enough to enrol it from this visit
_CANDIDATE = 0.8  # of the similarity that merges: means are a little less alike than what linkage compares


class VisitBook:
    """Keeps sightings of one gallery's cameras. Safe for several threads.

    Of faces that are not known their best views are kept too, so that somebody may be enrolled from a visit. A stranger
    who has become as similar to another one as `FaceClusters` asks for is that one: the older id stands for both from
    then on, that of one who is ignored before all. It is noted in the journal, and can be taken back.
    """

    def __init__(
        self, gallery: Gallery, registry: Registry, sightings: SightingStore, settings: ClusteringSettings
    ) -> None:
        self._gallery = gallery
        self._registry = registry
        self._sightings = sightings
        self._settings = settings

    def ended(self, sighting: Sighting, views: Sequence[View]) -> None:
        """Keep a track that has ended; of somebody who is to be ignored, nothing. Raises StoreError."""
        if self._gallery.is_ignored(sighting.person_id):
            return
        good = sorted((view for view in views if view.is_good), key=lambda view: -view.quality)
        if sighting.identity == "undecided" and not good:
            return
        with ExitStack() as unused:
            kept = [] if sighting.identity == "known" else self._kept(good[:_VIEWS], unused)
            self._sightings.add(sighting, kept)
            unused.pop_all()
        if sighting.identity == "unknown":
            self.settle(sighting)

    def _kept(self, views: Sequence[View], unused: ExitStack) -> list[SightedView]:
        kept = []
        for view in views:
            crop = "" if view.crop is None else self._registry.media.save(view.crop)
            if crop:
                unused.callback(self._registry.media.delete, crop)
            kept.append(SightedView(view.vector, self._gallery.model, view.quality, crop))
        return kept

    def settle(self, sighting: Sighting) -> None:
        """Merge a stranger with those who are the same person by now, the most similar first."""
        stranger = self._registry.people.person(sighting.person_id)
        if stranger is None or stranger.standing not in ("active", "hidden"):
            return
        own = self._vectors(stranger.person_id)
        for other in self._candidates(stranger, own):
            theirs = self._vectors(other.person_id)
            if not len(theirs) or float(representative(own) @ representative(theirs)) < self._settings.similarity:
                continue
            if self._sightings.were_together(stranger.person_id, other.person_id):
                continue
            kept, gone = sorted((stranger, other), key=_seniority)
            self._merge(kept, gone, sighting)
            return  # whoever is left of the two is looked at when they are seen again

    def _candidates(self, stranger: Person, own: Floats) -> list[Person]:
        crowd = self._gallery.crowd
        if not len(own) or stranger.person_id not in crowd.places:
            return []
        mean = own.mean(axis=0)
        scores = crowd.scores((mean / np.linalg.norm(mean))[None])[0]
        scores[crowd.is_enrolled] = -1.0
        scores[crowd.places[stranger.person_id]] = -1.0
        near = np.flatnonzero(scores >= _CANDIDATE * self._settings.similarity)
        found = [self._registry.people.person(crowd.person_ids[at]) for at in near[np.argsort(-scores[near])]]
        return [one for one in found if one is not None and one.kind == "stranger" and one.is_present]

    def _vectors(self, person_id: str) -> Floats:
        templates = self._registry.people.templates(self._gallery.model, person_id)
        plain = [template.vector for template in templates if template.variant == "plain"]
        return np.stack(plain) if plain else np.zeros((0, 0), np.float32)

    def _merge(self, kept: Person, gone: Person, sighting: Sighting) -> None:
        pictures = tuple(one.picture_id for one in self._registry.people.pictures(gone.person_id))
        moved = (PictureMove(pictures, kept.person_id),) if pictures else ()
        steps = (*moved, PersonStanding(gone.person_id, "merged", kept.person_id))
        facts: dict[str, Fact] = {"merged_into": kept.person_id, "pictures": len(pictures)}
        about = (kept.person_id, gone.person_id)
        try:
            self._registry.journal.apply("person.merged", steps, sighting.ended_at, about, facts)
        except GalleryError:  # somebody else was at work on these two
            return
        self._registry.tell()
        self._gallery.refresh()


def _seniority(person: Person) -> tuple[bool, object, str]:
    """Less is senior: whoever is ignored stays so, and else whoever was met first."""
    return person.standing != "ignored", person.created_at, person.person_id
