"""What is kept of a track when it has ended, and which strangers turn out then to have been one."""

from collections.abc import Collection, Sequence, Set
from contextlib import ExitStack
from threading import Lock

from mien.domain.people.sightings import SightedView, Sighting
from mien.gallery.gallery import Gallery
from mien.gallery.matching.linkage import Floats
from mien.gallery.matching.views import View
from mien.gallery.strangers.clustering import StrangerClustering
from mien.store.history.sightings import SightingStore
from mien.store.media import MediaStore

_VIEWS = 3  # of a face that is not known: enough to enrol it from this visit


class VisitBook:
    """Keeps the visits to one gallery's cameras as they are told. Safe for several threads; raises StoreError.

    Of faces that are not known their best views are kept too, so that somebody may be enrolled from a visit. The best
    one is what a stranger is remembered by from then on, if it says something new; who turns out to be a stranger met
    before is merged with that one. It is noted in the journal, and can be taken back.
    """

    def __init__(
        self, gallery: Gallery, clustering: StrangerClustering, sightings: SightingStore, media: MediaStore
    ) -> None:
        self._gallery = gallery
        self._clustering = clustering
        self._sightings = sightings
        self._media = media
        self._lock = Lock()  # two who are merged with a third at once would not be with each other

    def meet(self, mean: Floats, length: float, views: Sequence[View], barred: Set[str], origin: str) -> str:
        return self._clustering.join_or_found(mean, length, views, barred, origin)

    def together(self, pairs: Collection[tuple[str, str]]) -> None:
        with self._lock:
            self._sightings.part(pairs)

    def ended(self, sighting: Sighting, views: Sequence[View]) -> None:
        """Keep a track that has ended; of somebody who is to be ignored, nothing."""
        if self._gallery.is_ignored(sighting.person_id):
            return
        good = sorted((view for view in views if view.is_good), key=lambda view: -view.quality)
        if sighting.identity == "undecided" and not good:
            return
        with ExitStack() as unused:
            kept = [] if sighting.identity == "known" else self._kept(good[:_VIEWS], unused)
            noted = self._sightings.add(sighting, kept)
            unused.pop_all()
        for crop in noted.unused:
            self._media.delete(crop)
        if sighting.identity == "unknown" and good:
            with self._lock:
                self._clustering.learn(sighting.person_id, good[0], sighting.track)

    def _kept(self, views: Sequence[View], unused: ExitStack) -> list[SightedView]:
        kept = []
        for view in views:
            crop = "" if view.crop is None else self._media.save(view.crop)
            if crop:
                unused.callback(self._media.delete, crop)
            kept.append(SightedView(view.vector, self._gallery.model, view.quality, crop))
        return kept
