"""Which faces of strangers are one person, decided as they arrive: ids that do not jump."""

from collections.abc import Callable, Sequence, Set
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from mien.gallery.matching.linkage import Floats
from mien.gallery.matching.means import means_and_lengths
from mien.gallery.matching.thresholds import MatchingSettings
from mien.gallery.matching.views import View

NOBODY = ""
_NEWS = 0.92  # similarity to a template from which another view says no more than it; as for pictures that are enrolled


@dataclass(frozen=True, slots=True, eq=False)
class Faces:
    """m faces of one person: vectors (m, d) of unit length, and qualities (m,) in [0, 1]."""

    vectors: Floats
    qualities: Floats

    def __len__(self) -> int:
        return len(self.vectors)

    def mean(self) -> tuple[Floats, float]:
        """The mean (d,) of at least one, of unit length and weighted as where people are searched, and its length."""
        means, lengths = means_and_lengths(
            self.vectors, np.square(self.qualities), np.zeros(len(self), np.int32), count=1
        )
        return means[0], float(lengths[0])


class Strangers(Protocol):
    """The strangers who are kept, each by some faces."""

    def nearest(self, mean: Floats, length: float, barred: Set[str]) -> tuple[str, float]:
        """Who is most similar to faces of a mean (d,), those barred left out, and how similar, as ``linkage`` has it.

        ``length`` is that of the mean before it was normalised. `NOBODY`, and -1, where nobody is left.
        """
        ...

    def founding(self, views: Sequence[View], origin: str) -> AbstractContextManager[Callable[[], str]]:
        """While it is open no other thread founds a stranger; what it yields founds one kept by views, tells the id.

        `NOBODY` where another process changed people since the last look: whoever it is may be there by now, and is
        known to `nearest`.
        """
        ...

    def faces(self, person_id: str) -> Faces:
        """What is kept of a stranger; nothing of who is no stranger to be looked for (any more)."""
        ...

    def add(self, person_id: str, view: View, origin: str) -> None:
        """Keep one more view of a stranger; nothing happens where the stranger is gone meanwhile."""
        ...

    def parted(self, person_id: str) -> Set[str]:
        """Who a stranger is known not to be."""
        ...

    def merge(self, one: str, other: str) -> str:
        """Make two strangers one, and tell the id that stays: of whoever was met first.

        `NOBODY` where that cannot be done, for somebody else is at work on them.
        """
        ...


class StrangerClustering:
    """Puts faces to strangers, by the embeddings of one model.

    Faces join the most similar stranger, where one is similar enough, or found a new one. A stranger who has changed is
    merged with the most similar one for as long as there is one similar enough that is not known to be somebody else.
    So strangers who may be one are never as similar as that, and there is nothing to go over again from time to time.
    The id of who was met first stays, and nobody is ever split: in no other way does the id of a face change.
    """

    def __init__(self, strangers: Strangers, settings: MatchingSettings) -> None:
        self._strangers = strangers
        self._settings = settings

    def join_or_found(self, mean: Floats, length: float, views: Sequence[View], barred: Set[str], origin: str) -> str:
        """The stranger whom faces of a mean (d,) join, none of those barred, or else a new one, kept by some views.

        Another camera may have founded the same stranger a moment ago, hence a second search when no other thread can,
        and another one whenever another process was faster; pictures are written before, for that takes long.
        """
        if met := self._met(mean, length, barred):
            return met
        with self._strangers.founding(views, origin) as found:
            while not (person_id := self._met(mean, length, barred) or found()):
                pass
        return person_id

    def learn(self, person_id: str, view: View, origin: str) -> None:
        """Keep a view of a stranger where it says something new, and merge those who are one by now."""
        kept = self._strangers.faces(person_id)
        if not len(kept):
            return
        is_new = float((kept.vectors @ view.vector).max()) < _NEWS
        if is_new and len(kept) < self._settings.stranger_templates:
            self._strangers.add(person_id, view, origin)
        self._settle(person_id)

    def met_as(self, faces: Faces) -> tuple[str, ...]:
        """Everybody whom at least one face of one person would join, the most similar first.

        Of strangers who are known to be two, the less similar one is left out.
        """
        met: list[str] = []
        barred: Set[str] = frozenset()
        while person_id := self._met(*faces.mean(), barred):
            met.append(person_id)
            barred = barred | self._strangers.parted(person_id) | {person_id}
        return tuple(met)

    def _met(self, mean: Floats, length: float, barred: Set[str]) -> str:
        person_id, similarity = self._strangers.nearest(mean, length, barred)
        return person_id if similarity >= self._settings.stranger_similarity else NOBODY

    def _settle(self, person_id: str) -> None:
        while person_id and len(kept := self._strangers.faces(person_id)):
            other_id = self._met(*kept.mean(), self._strangers.parted(person_id) | {person_id})
            if not other_id:
                return
            person_id = self._strangers.merge(person_id, other_id)
