"""What hears of the tracks of a source: the protocol that deciding asks for strangers, and tells of visits."""

from collections.abc import Collection, Sequence, Set
from typing import Protocol

from mien.domain.people.sightings import Sighting
from mien.gallery.matching.linkage import Floats
from mien.gallery.matching.views import View


class Visits(Protocol):
    """The visits to one gallery's cameras. Safe for several threads."""

    def meet(self, mean: Floats, length: float, views: Sequence[View], barred: Set[str], origin: str) -> str:
        """The stranger whom faces of a mean (d,) are, none of those barred, or a new one kept by some views.

        ``length`` is that of the mean before it was normalised. Raises StoreError.
        """
        ...

    def together(self, pairs: Collection[tuple[str, str]]) -> None:
        """Hear of strangers who are in view together: whatever they look like, they are two."""
        ...

    def ended(self, sighting: Sighting, views: Sequence[View]) -> None:
        """Hear of a track that has ended, and the best views of it."""
        ...
