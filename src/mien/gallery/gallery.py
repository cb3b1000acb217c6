"""The gallery that pipelines share: everybody in memory, kept in step with the store."""

import logging
import threading
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from datetime import datetime

from mien.domain.clock import Clock
from mien.domain.errors import ModelMismatch, PersonUnknown
from mien.domain.faces import EmbeddingModel, Embeddings, Quality, Recognition
from mien.domain.identity import Identity
from mien.gallery.following import CrowdFollowing
from mien.gallery.matching.crowd import Best, Crowd, Floats
from mien.gallery.matching.identify import identify
from mien.gallery.matching.thresholds import MatchingSettings
from mien.gallery.matching.views import View
from mien.store.media import MediaStore
from mien.store.people import NewPicture, NewTemplate, PeopleStore
from mien.store.vectors.growing import GrowingIndex
from mien.store.vectors.snapshot import Snapshots

_LOOK_S = 1.0  # other processes change people rarely, and a look costs 0.2 ms
_log = logging.getLogger(__name__)


class Gallery:
    """People by the embeddings of one model. Safe for several threads; other processes' changes arrive in a second."""

    def __init__(
        self,
        people: PeopleStore,
        media: MediaStore,
        model: EmbeddingModel,
        settings: MatchingSettings,
        clock: Clock,
        snapshots: Snapshots | None = None,
    ) -> None:
        """``snapshots`` are where a large gallery keeps its index over a restart."""
        self._people = people
        self._media = media
        self._clock = clock
        self._lock = threading.RLock()
        self._looked_s = -_LOOK_S
        self._following = CrowdFollowing(people, GrowingIndex(model, snapshots))
        self.settings = settings
        self.refresh()
        if foreign := self._following.foreign():
            held = [held.model for held in people.holdings() if held.enrolled and held.model != self.model]
            _log.warning(
                "%d of %d people were enrolled with %s, not with %s: choose that model, or enrol them again",
                *foreign,
                ", ".join(map(str, held)) or "none",
                self.model,
            )

    @property
    def model(self) -> EmbeddingModel:
        """The model whose templates are searched."""
        return self._following.crowd.model

    @property
    def crowd(self) -> Crowd:
        """Everybody as of the last look at the store, which is taken at most once a second."""
        # While another thread is at it, which may have to wait for another process, the last look must do.
        if self._clock.monotonic_s() - self._looked_s >= _LOOK_S and self._lock.acquire(blocking=False):
            try:
                self.refresh()
            finally:
                self._lock.release()
        return self._following.crowd

    def now(self) -> datetime:
        """The present moment."""
        return self._clock.now()

    def refresh(self) -> None:
        """Read what changed in the store since the last look."""
        with self._lock:
            self._looked_s = self._clock.monotonic_s()
            self._following.look(self._looked_s)

    def name_of(self, person_id: str) -> str:
        """The name of an enrolled person; empty for strangers and for ids that are not known."""
        return self._following.crowd.names.get(person_id, "")

    def is_ignored(self, person_id: str) -> bool:
        """Whether nobody wants to hear of a person."""
        return person_id in self.crowd.ignored

    def identify(self, recognition: Recognition, quality: Quality) -> tuple[Identity, ...]:
        """Who the n faces of one picture are; see ``matching.identify``."""
        return identify(self.crowd, recognition, quality, self.settings)

    def check(self, embeddings: Embeddings) -> None:
        """Raise ModelMismatch where embeddings are of another model than the gallery."""
        if embeddings.model != self.model:
            raise ModelMismatch(f"faces of {embeddings.model} cannot be looked for in a gallery of {self.model}")

    def join_or_found(
        self, vector: Floats, views: Sequence[View], barred: frozenset[str], origin: str
    ) -> tuple[str, float]:
        """The stranger whom a vector (d,) resembles and how much, or else a new one kept by some views.

        Another camera may have founded the same stranger a moment ago, hence a second search under the lock; pictures
        are written before it is taken, for that takes long.
        """
        if met := self._met(self.crowd, vector, barred):
            return met
        with ExitStack() as unused:
            pictures = self._kept(views, origin, unused)
            with self._lock:
                self.refresh()
                if met := self._met(self._following.crowd, vector, barred):
                    return met
                person = self._people.add_stranger(pictures, self._clock.now())
                unused.pop_all()
                self.refresh()
                return person.person_id, 1.0

    def add_view(self, person_id: str, view: View, origin: str) -> None:
        """Keep one more view of a stranger; nothing happens where the stranger was forgotten meanwhile."""
        with ExitStack() as unused, suppress(PersonUnknown):
            pictures = self._kept([view], origin, unused)
            with self._lock:
                self._people.add_pictures(person_id, pictures, self._clock.now())
                unused.pop_all()
                self.refresh()

    def _met(self, crowd: Crowd, vector: Floats, barred: frozenset[str]) -> tuple[str, float] | None:
        allowed = ~crowd.is_enrolled
        allowed[[crowd.places[person_id] for person_id in barred if person_id in crowd.places]] = False
        best = Best.among(crowd.scores(vector[None])[0], allowed)
        if best.place < 0 or best.similarity < crowd.stranger_above(self.settings):
            return None
        return crowd.person_ids[best.place], best.similarity

    def _kept(self, views: Sequence[View], origin: str, unused: ExitStack) -> list[NewPicture]:
        """Views as pictures with their crops stored; ``unused`` removes the crops again."""
        pictures = []
        for view in views:
            crop = "" if view.crop is None else self._media.save(view.crop)
            if crop:
                unused.callback(self._media.delete, crop)
            template = NewTemplate(view.vector, self.model)
            pictures.append(NewPicture((template,), view.quality, origin, crop=crop))
        return pictures
