"""Exact search: every vector as it is, compared with every one that is looked for."""

import threading

import numpy as np

from mien.store.vectors.index import Floats, Ids, Neighbours, nearest, without

_GROWTH = 1.25  # room that is made at once, so that vectors that come one by one are not all copied each time


class ExactIndex:
    """Vectors side by side in memory, 4 bytes a number."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._room: Floats = np.zeros((0, 0), np.float32)
        self._rows: tuple[Ids, Floats] = (np.zeros(0, np.int64), self._room)

    def __len__(self) -> int:
        return len(self._rows[0])

    @property
    def ids(self) -> Ids:
        return self._rows[0]

    @property
    def rows(self) -> tuple[Ids, Floats]:
        return self._rows

    def add(self, ids: Ids, vectors: Floats) -> None:
        if not len(ids):
            return
        with self._lock:
            held, rows = self._rows
            count, total = len(held), len(held) + len(ids)
            if total > len(self._room):
                self._room = np.empty((int(total * _GROWTH), vectors.shape[1]), np.float32)
                self._room[:count] = rows.reshape(count, vectors.shape[1])
            self._room[count:total] = vectors  # behind everything that anybody looks at
            self._rows = np.concatenate((held, ids)), self._room[:total]

    def remove(self, ids: Ids) -> None:
        with self._lock:
            held, rows = self._rows
            stays = without(held, np.sort(ids))
            if not stays.all():
                self._room = rows[stays]
                self._rows = held[stays], self._room

    def search(self, vectors: Floats, k: int) -> Neighbours:
        ids, rows = self._rows
        return nearest(ids, vectors @ rows.T if len(ids) else np.zeros((len(vectors), 0), np.float32), k)
