"""Visits: one face followed from its coming into view to its going."""

from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from mien.domain.faces import EmbeddingModel
from mien.domain.readings import IdentityKind


@dataclass(frozen=True, slots=True)
class Sighting:
    """A track that has ended: on which camera, whose it was in the end, and from when to when it was in view.

    ``person_id`` is empty where it stayed undecided; ``sighting_id`` is 0 until it is stored. Times are those at which
    frames were analysed.
    """

    camera: str
    track_id: int
    identity: IdentityKind
    person_id: str
    similarity: float
    began_at: datetime
    ended_at: datetime
    sighting_id: int = 0

    @property
    def track(self) -> str:
        """The track as ``camera:number``."""
        return f"{self.camera}:{self.track_id}"


@dataclass(frozen=True, slots=True, eq=False)
class SightedView:
    """One of the best views of a track: vector (d,) float32 of unit length, its model, quality, and stored picture."""

    vector: NDArray[np.float32]
    model: EmbeddingModel
    quality: float
    crop: str


@dataclass(frozen=True, slots=True)
class Visits:
    """How often a person was seen, and when first and last."""

    count: int
    first_at: datetime
    last_at: datetime

    def joined(self, others: "Visits") -> "Visits":
        """These and others of the same person."""
        moments = min(self.first_at, others.first_at), max(self.last_at, others.last_at)
        return Visits(self.count + others.count, *moments)
