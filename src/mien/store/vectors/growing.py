"""The index of a gallery that may grow large: exact while it is small, sieved beyond, and kept over a restart."""

import logging
import threading

from mien.domain.errors import StoreError
from mien.domain.faces import EmbeddingModel
from mien.store.vectors.exact import ExactIndex
from mien.store.vectors.index import Floats, Ids, Neighbours
from mien.store.vectors.sieved import SievedIndex
from mien.store.vectors.snapshot import Snapshots

EXACT_UP_TO = 100_000
"""Vectors of 512 numbers that are compared in 12 ms on one core."""
_BATCH = 16_384
_SAVED_EVERY_S = 600.0
_SHARE_CHANGED = 0.1  # of the index; what a snapshot lacks is read from the store when mien starts
_log = logging.getLogger(__name__)


class GrowingIndex:
    """A VectorIndex of the templates of one model.

    ``current`` is the index that answers at the moment; it becomes another one when there are too many for it.
    """

    def __init__(
        self, model: EmbeddingModel, snapshots: Snapshots | None = None, exact_up_to: int = EXACT_UP_TO
    ) -> None:
        self.model = model
        self._snapshots = snapshots
        self._exact_up_to = exact_up_to
        self._lock = threading.RLock()
        self._saving: threading.Thread | None = None
        self._saved_s = -_SAVED_EVERY_S
        self._changed = 0
        self._has_removed = False
        self.current: ExactIndex | SievedIndex = ExactIndex()

    def __len__(self) -> int:
        return len(self.current)

    @property
    def ids(self) -> Ids:
        return self.current.ids

    @property
    def rows(self) -> tuple[Ids, Floats] | None:
        return self.current.rows

    def expect(self, count: int) -> None:
        """Be told, while empty, how many vectors there will be: for many, the snapshot of an earlier run is taken up.

        For few it is removed. Raises StoreError where that cannot be done.
        """
        if len(self):
            return
        with self._lock:
            if count > self._exact_up_to:
                self.current = (self._snapshots and self._snapshots.read(self.model)) or SievedIndex()
            elif self._snapshots:
                self._snapshots.discard(self.model)

    def add(self, ids: Ids, vectors: Floats) -> None:
        with self._lock:
            self.current.add(ids, vectors)
            self._changed += len(ids)
            if isinstance(self.current, ExactIndex) and len(self.current) > self._exact_up_to:
                self.current = _sieved(self.current)

    def remove(self, ids: Ids) -> None:
        if len(ids):
            with self._lock:
                self.current.remove(ids)
                self._changed += len(ids)
                self._has_removed = True

    def search(self, vectors: Floats, k: int) -> Neighbours:
        return self.current.search(vectors, k)

    @property
    def fence(self) -> bytes:
        """What is another one as soon as all snapshots were discarded; raises StoreError."""
        return self._snapshots.fence() if self._snapshots else b""

    def tend(self, now_s: float, fence: bytes = b"") -> None:
        """Write a snapshot, beside everything else, where that of the last time has become too different.

        ``now_s`` is the time on a monotonic clock, ``fence`` what it was before anybody looked for what this index
        holds: where snapshots were discarded since, this one is too. Whatever was removed is out of it within ten
        minutes.
        """
        index, snapshots = self.current, self._snapshots
        if snapshots is None or not isinstance(index, SievedIndex) or (self._saving and self._saving.is_alive()):
            return
        is_other = self._changed > _SHARE_CHANGED * len(index)
        if not (is_other or self._has_removed) or now_s - self._saved_s < _SAVED_EVERY_S:
            return
        with self._lock:
            self._saved_s, self._changed, self._has_removed = now_s, 0, False
        self._saving = threading.Thread(target=_save, args=(snapshots, self.model, index, fence))
        self._saving.start()

    def wait(self) -> None:
        """Until a snapshot that is being written is written."""
        if self._saving:
            self._saving.join()


def _save(snapshots: Snapshots, model: EmbeddingModel, index: SievedIndex, fence: bytes) -> None:
    try:
        snapshots.write(model, index)
        if snapshots.fence() != fence:  # whoever has to be out of it may be in it
            snapshots.discard(model)
    except StoreError as error:
        _log.warning("the next start will take longer: %s", error)


def _sieved(exact: ExactIndex) -> SievedIndex:
    sieved = SievedIndex()
    ids, vectors = exact.rows
    for at in range(0, len(ids), _BATCH):
        sieved.add(ids[at : at + _BATCH], vectors[at : at + _BATCH])
    return sieved
