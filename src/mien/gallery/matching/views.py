"""The views of one track: which are kept, and what they say together."""

from collections import Counter, deque
from dataclasses import dataclass, field
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from mien.domain.identity import Identity, Undecided

TOO_FEW = "too few views"
UNCLEAR = "unclear"
UNSEEN = Undecided(TOO_FEW)
_RECENT = 4
_APART = 0.25  # cosine of two groups of views below which they are not one face; one turning head stays above 0.28
COHERENT = 0.3  # mean cosine of pairs of views below which they are not one face; a turning head keeps 0.4
_LEAST_WEIGHT = 0.05


@dataclass(frozen=True, slots=True, eq=False)
class View:
    """One face of a track: vector (d,) of unit length, quality in [0, 1], what limits it, crop (s, s, c) or none."""

    vector: NDArray[np.float32]
    quality: float
    is_good: bool
    reason: str
    crop: NDArray[np.uint8] | None = None


@dataclass(slots=True)
class Evidence:
    """What is known of one track.

    ``views`` are its best, ``good`` counts the good ones that were ever seen, ``barred`` are ids of people who were
    in view at the same time, ``partners`` the tracks that were; ``claim`` is how similar it is to its own identity.
    ``parted`` are pairs of strangers, itself and others, who were told to be two; ``met`` are strangers who may be kept
    by its very views. ``told`` is whom it was taken for at last, ``why`` what took that back; ``began_at`` and
    ``seen_at`` are when it was in view first and last.
    """

    views: list[View] = field(default_factory=list)
    recent: deque[View] = field(default_factory=lambda: deque(maxlen=_RECENT))
    good: int = 0
    identity: Identity = UNSEEN
    claim: float = 0.0
    barred: set[str] = field(default_factory=set)
    partners: set[int] = field(default_factory=set)
    parted: set[tuple[str, str]] = field(default_factory=set)
    met: set[str] = field(default_factory=set)
    is_fresh: bool = False
    told: str = ""
    why: str = ""
    began_at: datetime | None = None
    seen_at: datetime | None = None

    def in_view(self, now: datetime) -> None:
        """Note that the track is seen at a moment."""
        self.began_at = self.began_at or now
        self.seen_at = now

    @property
    def person_id(self) -> str:
        """Whom it is decided to be; empty while undecided."""
        return "" if isinstance(self.identity, Undecided) else self.identity.person_id

    def add(self, view: View, limit: int) -> None:
        """Take a view in, and drop the poorest where there are more than the limit.

        Good views that agree with each other and not with what is kept mean that the tracker has moved to another
        face: everything older is dropped.
        """
        self.is_fresh = True
        self.views.append(view)
        if view.is_good:
            self.good += 1
            self.recent.append(view)
            if self._has_changed():
                self.views = list(self.recent)
                self.good = len(self.views)
                self.reset(why="the track went over to another face")
        if len(self.views) > limit:
            self.views.remove(min(self.views, key=lambda kept: (kept.is_good, kept.quality)))

    def doubt(self, reason: str) -> None:
        """Say why there is no view to decide on; nothing changes where there are some."""
        if not self.views:
            self.identity = Undecided(reason)

    def reset(self, identity: Undecided = UNSEEN, why: str = "") -> None:
        """Take the identity back, and remember why."""
        self.why = why or identity.reason
        self.identity = identity
        self.claim = 0.0

    def let_go(self) -> None:
        """Begin anew with a face that was somebody's who was forgotten: of what was seen until now nothing is used."""
        self.views.clear()
        self.recent.clear()
        self.met.clear()
        self.good, self.is_fresh = 0, False
        self.reset()
        self.told = self.why = ""
        self.began_at = self.seen_at = None

    def turned(self) -> str:
        """Whom it was taken for before, where that is not what it is now; each turn is told once."""
        before, self.told = self.told, self.person_id
        return before if before != self.told else ""

    def _has_changed(self) -> bool:
        older = [view.vector for view in self.views if not any(view is recent for recent in self.recent)]
        if len(self.recent) < _RECENT or len(older) < _RECENT:
            return False
        recent = [view.vector for view in self.recent]
        likeness = float(unit(np.sum(older, axis=0)) @ unit(np.sum(recent, axis=0)))
        return likeness < _APART and agreement(recent) >= COHERENT

    def mean(self) -> NDArray[np.float32]:
        """The views' mean (d,) by quality, of unit length."""
        return unit(self._mean())

    def length(self) -> float:
        """How long that mean is before it is normalised: 1 where all views say the same."""
        return float(np.linalg.norm(self._mean()))

    def _mean(self) -> NDArray[np.float64]:
        mean: NDArray[np.float64] = np.average([view.vector for view in self.views], axis=0, weights=self._weights())
        return mean

    def quality(self) -> float:
        """The quality of that mean, in [0, 1]: that of the views, each as heavy as in it; 1 where there is none."""
        return float(np.average([view.quality for view in self.views], weights=self._weights())) if self.views else 1.0

    def _weights(self) -> list[float]:
        return [max(view.quality, _LEAST_WEIGHT) for view in self.views]

    def limitation(self) -> str:
        """What most of the poor views are limited by, or that there are too few."""
        reasons = Counter(view.reason or UNCLEAR for view in self.views if not view.is_good)
        return reasons.most_common(1)[0][0] if reasons and self.good == 0 else TOO_FEW


def agreement(vectors: list[NDArray[np.float32]]) -> float:
    """Mean cosine of all pairs of k unit vectors (d,); 1 where there is no pair."""
    count = len(vectors)
    if count < 2:
        return 1.0
    length = float(np.linalg.norm(np.sum(vectors, axis=0)))
    return (length**2 - count) / (count * (count - 1))


def unit(vector: NDArray[np.floating]) -> NDArray[np.float32]:
    """A vector (d,) at unit length; zero stays zero."""
    length = float(np.linalg.norm(vector))
    return np.asarray(vector / max(length, 1e-9), np.float32)
