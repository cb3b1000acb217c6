"""What the routes about strangers need, over the home that is served."""

from contextlib import suppress
from threading import Lock

from mien.domain.clock import Clock
from mien.domain.errors import GalleryError
from mien.domain.faces import EmbeddingModel
from mien.gallery.curation.cleanup import Cleanup
from mien.gallery.curation.doubting import NOTHING, Doubting
from mien.gallery.curation.outliers import CleanupSettings
from mien.gallery.following import CrowdFollowing
from mien.gallery.matching.crowd import Crowd
from mien.gallery.strangers.review import Place, ReviewQueue, WaitingPage
from mien.service.review.desk import ReviewDesk
from mien.settings.tree import Settings
from mien.store.vectors.growing import GrowingIndex
from mien.wiring.curation import model_in_use, named_from
from mien.wiring.people import build_curator
from mien.wiring.serving.people import build_consenting
from mien.wiring.stores import Stores


class FollowedQueue:
    """The strangers who wait, and whom they resemble: of the gallery only what changed since is read each time."""

    def __init__(self, stores: Stores, clock: Clock) -> None:
        self._stores = stores
        self._clock = clock
        self._followed: dict[EmbeddingModel, CrowdFollowing] = {}
        self._queue = ReviewQueue(stores.people, stores.sightings, self._crowd)
        self._lock = Lock()  # following is not for several threads at once

    def page(self, limit: int, after: Place | None, ignored: bool) -> WaitingPage:
        """So many of who waits, with those who are ignored where that is asked for; raises StoreError."""
        with self._lock:
            return self._queue.page(limit, after, ignored=ignored)

    def _crowd(self, model: EmbeddingModel) -> Crowd:
        if model not in self._followed:
            index = GrowingIndex(model, self._stores.snapshots)
            self._followed[model] = CrowdFollowing(self._stores.people, index)
        following = self._followed[model]
        following.look(self._clock.monotonic_s())
        return following.crowd


class FollowedDoubts:
    """The doubtful pictures of a home: of the gallery only what changed since is read each time."""

    def __init__(self, settings: Settings, stores: Stores, clock: Clock) -> None:
        self._settings = settings
        self._stores = stores
        self._clock = clock
        self._doubting = Doubting(stores.people, CleanupSettings(), settings.enrolment.min_quality)
        self._model: tuple[int, EmbeddingModel | None] = -1, None
        self._lock = Lock()  # following is not for several threads at once

    def found(self) -> Cleanup:
        """What is doubtful now by the model in use; raises StoreError."""
        with self._lock:
            revision = self._stores.people.revision()
            if revision != self._model[0]:
                self._model = revision, self._in_use()
            model = self._model[1]
            return self._doubting.look(model, self._clock.now()) if model else NOTHING

    def _in_use(self) -> EmbeddingModel | None:
        with suppress(GalleryError):
            return model_in_use(self._settings, self._stores)
        return None


def build_review_desk(settings: Settings, stores: Stores, clock: Clock) -> ReviewDesk:
    """It; ``settings`` are those that the home's precision is decided in."""
    return ReviewDesk(
        FollowedQueue(stores, clock).page,
        FollowedDoubts(settings, stores, clock).found,
        lambda: named_from(settings, stores),
        settings.matching.stranger_similarity,
        stores.people,
        build_curator(settings, stores, clock),
        build_consenting(settings, clock),
        clock,
    )
