"""Faces that were cut from photographs, kept beside their dataset: each is cut once, whoever asks for it."""

import hashlib
import math
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mien.domain.errors import ResultError
from mien.inference.home_models import take_lock
from mien.lab.result import Progress

Images = NDArray[np.uint8]
Keys = NDArray[np.uint64]

FOLDER = "crops"
"""Below the folder of a dataset."""

_FACES, _KEYS = ".faces", ".keys"
_BATCH = 128
"""So many faces are written at once: what a run that is killed has to cut again."""


class KeptFaces:
    """The pictures (n, s, s[, 3]) uint8 of n faces, which stay on the disk; any of them, once chosen, are an array."""

    def __init__(self, faces: Images, places: NDArray[np.int64]) -> None:
        """``places`` (n,) are rows of ``faces``, which may be a file."""
        self._faces = faces
        self._places = places

    def __len__(self) -> int:
        return len(self._places)

    def __getitem__(self, rows: Any) -> Images:
        return np.asarray(self._faces[self._places[rows]])


class KeptCrops:
    """All faces of a dataset that were cut in one way: one file of pixels, and one of a key per face, in that order.

    A key is of the face, not of its row, so that every part of the dataset finds it. It is written after the pixels
    have reached the disk: a face without a key is none, and the next one takes its place.
    """

    def __init__(self, dataset: Path, cutting: str, shape: tuple[int, ...]) -> None:
        """``cutting`` says in what way: it is all, besides a face, that decides on its pixels (s, s[, 3])."""
        name = f"crops-{hashlib.sha256(cutting.encode()).hexdigest()[:16]}"
        self._dataset, self._folder, self._shape = dataset, dataset / FOLDER, shape
        self._faces, self._keys = self._folder / f"{name}{_FACES}", self._folder / f"{name}{_KEYS}"

    def take(self, keys: Keys, cut: Callable[[int], Images], progress: Progress) -> KeptFaces:
        """The faces of keys (n,), n at least 1; that of row i is ``cut(i)`` where it is not kept yet.

        Raises ResultError where they cannot be written, before any is cut where the disk has no room for them.
        """
        self.check_room(keys)
        try:
            missing = self._missing(keys)
            for start in range(0, len(missing), _BATCH):
                rows = missing[start : start + _BATCH]
                self._add(keys[rows], np.stack([cut(int(row)) for row in rows]))
                progress("crops", start + len(rows), len(missing))
            kept = self._kept()
            faces = np.memmap(self._faces, np.uint8, "r", shape=(len(kept), *self._shape))
        except OSError as error:
            raise _unwritable(self._folder, error) from error
        order = np.argsort(kept)
        return KeptFaces(faces, order[np.searchsorted(kept, keys, sorter=order)])

    @property
    def _face_bytes(self) -> int:
        return math.prod(self._shape)

    def _kept(self) -> Keys:
        """The keys of the faces that are there whole, in their order."""
        if not (self._keys.exists() and self._faces.exists()):
            return np.zeros(0, np.uint64)
        return np.fromfile(self._keys, np.uint64)[: self._faces.stat().st_size // self._face_bytes]

    def _missing(self, keys: Keys) -> NDArray[np.int64]:
        """The rows of keys (n,), each face once, that are not kept yet."""
        _, firsts = np.unique(keys, return_index=True)
        return np.sort(firsts[~np.isin(keys[firsts], self._kept())])

    def check_room(self, keys: Keys) -> None:
        """Raise ResultError where the disk has no room for those of the faces of keys (n,) that are not kept yet."""
        try:
            count, free = len(self._missing(keys)), shutil.disk_usage(self._dataset).free
        except OSError as error:
            raise _unwritable(self._folder, error) from error
        needed = count * self._face_bytes
        if needed > free:
            raise ResultError(
                f"the faces of a dataset are kept beside it: {count:,} more need {needed / 1e9:,.1f} GB in "
                f"{self._folder}, where {free / 1e9:,.1f} GB are free"
            )

    def _add(self, keys: Keys, images: Images) -> None:
        """Write faces behind those that are there, but for those that somebody else has written meanwhile."""
        self._folder.mkdir(parents=True, exist_ok=True)
        with (self._folder / ".lock").open("ab") as lock:
            take_lock(lock)
            kept = self._kept()
            is_new = ~np.isin(keys, kept)
            with self._keys.open("ab") as names, self._faces.open("ab") as faces:
                names.truncate(len(kept) * keys.itemsize)  # of both, what somebody who was killed has left
                faces.truncate(len(kept) * self._face_bytes)
                faces.write(images[is_new].tobytes())
                faces.flush()
                os.fsync(faces.fileno())
                names.write(keys[is_new].tobytes())


def drop_crops(dataset: Path) -> None:
    """Delete all kept faces of a dataset, for what takes its place has no use for them; raises ResultError."""
    try:
        for path in (dataset / FOLDER).glob(f"crops-{'[0-9a-f]' * 16}.*"):
            path.unlink(missing_ok=True)
    except OSError as error:
        raise _unwritable(dataset / FOLDER, error) from error


def _unwritable(folder: Path, error: OSError) -> ResultError:
    return ResultError(
        f"the faces of a dataset are kept beside it, in {folder}, which cannot be written: {error.strerror or error}"
    )
