"""The gallery that pipelines share: everybody in memory, kept in step with the store."""

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from mien.domain.clock import Clock
from mien.domain.errors import ModelMismatch
from mien.domain.faces import EmbeddingModel, Embeddings, Quality, Recognition
from mien.domain.identity import Identity
from mien.gallery.following import CrowdFollowing
from mien.gallery.matching.crowd import Crowd
from mien.gallery.matching.identify import identify
from mien.gallery.matching.thresholds import MatchingSettings
from mien.store.people import PeopleStore
from mien.store.vectors.growing import GrowingIndex
from mien.store.vectors.snapshot import Snapshots

_LOOK_S = 1.0  # other processes change people rarely, and a look costs 0.2 ms
_NAMED = 5  # people, by id
_log = logging.getLogger(__name__)


class Gallery:
    """People by the embeddings of one model. Safe for several threads; other processes' changes arrive in a second."""

    def __init__(
        self,
        people: PeopleStore,
        model: EmbeddingModel,
        settings: MatchingSettings,
        clock: Clock,
        snapshots: Snapshots | None = None,
    ) -> None:
        """``snapshots`` are where a large gallery keeps its index over a restart."""
        self._people = people
        self._clock = clock
        self._lock = threading.RLock()
        self._looked_s = -_LOOK_S
        self._following = CrowdFollowing(people, GrowingIndex(model, snapshots))
        self.settings = settings
        self.refresh()
        self._tell_unknown()

    @property
    def model(self) -> EmbeddingModel:
        """The model whose templates are searched."""
        return self._following.crowd.model

    def _tell_unknown(self) -> None:
        """Log how many people are not recognised: those whom other models know, and by id those whom none does."""
        unknown, count = self._following.unknown()
        if not unknown:
            return
        others = [held.model for held in self._people.holdings() if held.enrolled and held.model != self.model]
        elsewhere = {one for model in others for one in self._people.template_owners(model).person_ids}
        if foreign := [one for one in unknown if one in elsewhere]:
            _log.warning(
                "%d of %d people were enrolled with %s, not with %s: choose that model, or enrol them again",
                len(foreign),
                count,
                ", ".join(map(str, others)),
                self.model,
            )
        if bare := [one for one in unknown if one not in elsewhere]:
            _log.warning(
                "%d of %d people are not recognised, for no picture of theirs has a template that is looked at: %s%s; "
                "mien people list tells what to do",
                len(bare),
                count,
                ", ".join(bare[:_NAMED]),
                ", …" if len(bare) > _NAMED else "",
            )

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

    def knows(self, person_id: str) -> bool:
        """Whether there is somebody of an id, merged with somebody or in the bin though they be."""
        return self._following.knows(person_id)

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

    @contextmanager
    def held(self) -> Iterator[Crowd]:
        """Everybody as of this very moment, while no other thread looks at the store by this gallery."""
        with self._lock:
            self.refresh()
            yield self._following.crowd

    def touched_since(self, crowd: Crowd) -> frozenset[str] | None:
        """Whom changes since a crowd touched, as far as they are in today's; none where that cannot be told."""
        return self._following.touched_since(crowd.revision)
