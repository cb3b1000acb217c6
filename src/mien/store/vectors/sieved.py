"""Search among a million vectors: a sieve of sign bits, then cosines among what it lets through."""

import threading
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from mien.store.vectors.index import Floats, Ids, Neighbours, nearest, without

_BITS = 512
SIGN_BYTES = _BITS // 8
_POOL = 1024  # so many pass the sieve, or four times as many as are asked for
_ROUNDED = 0.02  # of the signs may be others once vectors are rounded to two bytes a number
_BLOCK = 32_768  # rows that lie together: 32 MB at 512 numbers, and nothing is moved when the index grows
_NOBODY = 0x55  # the bits of an empty row: as far from every face as chance is
_GROWTH = 1.25

Halves = NDArray[np.float16]
Bytes = NDArray[np.uint8]


class SievedIndex:
    """Vectors of 2 bytes a number, each with the signs of 512 random projections (64 bytes).

    Two vectors at an angle differ in a share angle/π of the signs (Charikar, STOC 2002: a cosine of 0.8 in 20 %, chance
    in 50 ± 2 %), so the nearest hundreds by Hamming distance hold whoever resembles a face, whatever the vectors are
    like: nothing is trained, and nothing gets worse as people come and go.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._projections: Floats = np.zeros((0, _BITS), np.float32)
        self._ids: Ids = np.zeros(0, np.int64)  # with room to spare, as the signs; -1 where a row is empty
        self._signs: Bytes = np.zeros((0, SIGN_BYTES), np.uint8)
        self._blocks: list[Halves] = []
        self._empty: list[int] = []  # rows below ``_used`` that were let go
        self._used = 0

    def __len__(self) -> int:
        return self._used - len(self._empty)

    @property
    def ids(self) -> Ids:
        with self._lock:
            ids = self._ids[: self._used]
            return ids[ids >= 0]

    @property
    def rows(self) -> None:
        return None

    def add(self, ids: Ids, vectors: Floats) -> None:
        if not len(ids):
            return
        if not len(self._projections):
            self._projections = _projections(vectors.shape[1])
        self._keep(ids, vectors, self._signs_of(vectors))

    def take_back(self, ids: Ids, vectors: Halves, signs: Bytes) -> None:
        """Add a piece that ``pieces`` gave; raises ValueError where the signs are not those of the vectors."""
        if len(ids):
            self._projections = self._projections if len(self._projections) else _projections(vectors.shape[1])
            some = slice(None, None, max(1, len(ids) // 64))
            differing = np.bitwise_count(self._signs_of(vectors[some].astype(np.float32)) ^ signs[some])
            if differing.sum() > _ROUNDED * differing.size * 8:
                raise ValueError("its signs were made in another way")
            self._keep(ids, vectors, signs)

    def remove(self, ids: Ids) -> None:
        with self._lock:
            rows = np.flatnonzero(~without(self._ids[: self._used], np.sort(ids[ids >= 0])))
            for block, at in _by_block(rows):
                self._blocks[block][rows[at] % _BLOCK] = 0
            self._signs[rows] = _NOBODY
            self._ids[rows] = -1
            self._empty.extend(rows.tolist())

    def search(self, vectors: Floats, k: int) -> Neighbours:
        found = [self._search(vector, k) for vector in vectors]
        if not found:
            return Neighbours(np.zeros((0, k), np.int64), np.zeros((0, k), np.float32))
        return Neighbours(
            np.concatenate([one.ids for one in found]), np.concatenate([one.similarities for one in found])
        )

    def pieces(self) -> Iterator[tuple[Ids, Halves, Bytes]]:
        """Everything in it, as of the moment each is asked for: ids (b,), vectors (b, d) and signs (b, 64)."""
        for block in range(-(-self._used // _BLOCK)):
            with self._lock:
                rows = slice(block * _BLOCK, min(self._used, (block + 1) * _BLOCK))
                ids, signs = self._ids[rows], self._signs[rows]
                is_held = ids >= 0
                piece = ids[is_held], self._blocks[block][: len(ids)][is_held], signs[is_held]
            yield piece

    def _keep(self, ids: Ids, vectors: Floats | Halves, signs: Bytes) -> None:
        with self._lock:
            again = [self._empty.pop() for _ in range(min(len(ids), len(self._empty)))]
            rows = np.array([*again, *range(self._used, self._used + len(ids) - len(again))], np.int64)
            self._make_room(int(rows.max()) + 1)
            for block, at in _by_block(rows):
                self._blocks[block][rows[at] % _BLOCK] = vectors[at]
            self._signs[rows] = signs
            self._ids[rows] = ids
            self._used = max(self._used, int(rows.max()) + 1)

    def _search(self, vector: Floats, k: int) -> Neighbours:
        """The k nearest to one vector (d,)."""
        signs = self._signs[: self._used]
        if not len(signs):
            return nearest(self._ids[:0], np.zeros((1, 0), np.float32), k)
        rows = _least_different(self._signs_of(vector[None]), signs, min(len(signs), max(_POOL, 4 * k)))
        with self._lock:  # whatever moved while the sieve was at work, ids and vectors belong together again
            rows = np.sort(rows[self._ids[rows] >= 0])
            ids = self._ids[rows]
            near = np.empty((len(rows), len(vector)), np.float16)
            for block, at in _by_block(rows):
                near[at] = self._blocks[block][rows[at] % _BLOCK]
        return nearest(ids, (near.astype(np.float32) @ vector)[None], k)

    def _signs_of(self, vectors: Floats) -> Bytes:
        """The signs of the projections of vectors (n, d), (n, 64)."""
        return np.packbits(vectors @ self._projections > 0, axis=1)

    def _make_room(self, rows: int) -> None:
        if rows > len(self._ids):
            more = int(rows * _GROWTH) - len(self._ids)
            self._ids = np.concatenate((self._ids, np.full(more, -1, np.int64)))
            self._signs = np.concatenate((self._signs, np.full((more, SIGN_BYTES), _NOBODY, np.uint8)))
        while rows > len(self._blocks) * _BLOCK:
            self._blocks.append(np.zeros((_BLOCK, len(self._projections)), np.float16))


def _projections(dimensions: int) -> Floats:
    """Directions (d, 512) of which as many as there are dimensions stand at right angles to each other."""
    chance = np.random.default_rng(512)
    turns = [np.linalg.qr(chance.standard_normal((dimensions, dimensions)))[0] for _ in range(-(-_BITS // dimensions))]
    return np.concatenate(turns, axis=1)[:, :_BITS].astype(np.float32)


def _by_block(rows: Ids) -> Iterator[tuple[int, NDArray[np.intp]]]:
    """The blocks in which rows (n,) lie, each with the places of these rows among the n."""
    order = np.argsort(rows, kind="stable")
    blocks, starts = np.unique(rows[order] // _BLOCK, return_index=True)
    yield from zip(blocks.tolist(), np.split(order, starts[1:]) if len(rows) else [], strict=True)


def _least_different(signs: Bytes, others: Bytes, count: int) -> Ids:
    """The rows of others (m, b) that differ from signs (1, b) in the fewest bits, (count,) in no order."""
    import faiss  # 30 MB and 0.2 s that a small gallery does without

    faiss.omp_set_num_threads(1)  # of this thread: a single face is not worth waiting for other cores
    _, rows = faiss.knn_hamming(signs, others, count, variant="mc")
    found: Ids = rows[0]
    return found[found >= 0]
