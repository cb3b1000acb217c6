"""Which face deserves which network in this frame: the room where most of the speed comes from.

A face does not change who it is between two frames, and an expression lasts far longer than one: running every
network on every face of every frame spends nine tenths of the work on answers that are already known.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mien.pipeline.intervals import CadenceSettings

Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Due:
    """Which of n faces are to be embedded and which are to have their expression read, as masks (n,)."""

    recognise: Mask
    classify: Mask


@dataclass(slots=True)
class _Seen:
    """When one track was last looked at, and its best view so far."""

    recognised_s: float = -np.inf
    classified_s: float = -np.inf
    looks: int = 0
    best_quality: float = 0.0


class FaceCadence:
    """Remembers per track of one camera when each network last looked, and says which face is due."""

    def __init__(self, settings: CadenceSettings) -> None:
        self._settings = settings
        self._seen: dict[int, _Seen] = {}

    def select(
        self, time_s: float, track_ids: NDArray[np.int64], qualities: NDArray[np.float32], is_settled: Mask
    ) -> Due:
        """The faces that are due at a moment; they count as looked at from then on."""
        seen = [self._seen.setdefault(int(track), _Seen()) for track in track_ids]
        recognised = np.array([time_s - one.recognised_s for one in seen], dtype=np.float64)
        classified = np.array([time_s - one.classified_s for one in seen], dtype=np.float64)
        best = np.array([one.best_quality for one in seen], dtype=np.float64)
        rules = self._settings
        doublings = np.array([one.looks // rules.identity_looks for one in seen], dtype=np.float64)
        open_interval = np.minimum(rules.identity_interval_s * 2**doublings, rules.settled_interval_s)
        interval = np.where(is_settled, rules.settled_interval_s, open_interval)
        is_good = qualities >= rules.min_quality
        recognise = is_good & ((recognised >= interval) | (qualities > best + rules.better_view))
        classify = classified >= rules.expression_interval_s * np.where(is_good, 1, 2)
        due = Due(self._longest_waiting(recognise, recognised), self._longest_waiting(classify, classified))
        for position, one in enumerate(seen):
            if due.recognise[position]:
                one.recognised_s = time_s
                one.looks += 1
                one.best_quality = max(one.best_quality, float(qualities[position]))
            if due.classify[position]:
                one.classified_s = time_s
        return due

    def forget(self, track_id: int) -> None:
        """A track has ended."""
        self._seen.pop(track_id, None)

    def _longest_waiting(self, due: Mask, waited_s: NDArray[np.float64]) -> Mask:
        limit = self._settings.faces_per_frame
        if np.count_nonzero(due) <= limit:
            return due
        order = np.argsort(np.where(due, -waited_s, np.inf), kind="stable")
        chosen = np.zeros_like(due)
        chosen[order[:limit]] = True
        return chosen
