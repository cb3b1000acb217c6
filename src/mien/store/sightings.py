"""What keeps sightings: the protocol every store of sightings fulfils."""

from collections.abc import Sequence
from typing import Protocol

from mien.domain.people.sightings import SightedView, Sighting, Visits


class SightingStore(Protocol):
    """Keeps sightings. Safe for several threads and processes at once.

    Every method raises StoreError where the database cannot be used.
    """

    def add(self, sighting: Sighting, views: Sequence[SightedView] = ()) -> int:
        """Keep a sighting with some of its views, and return its id; without a person who was forgotten meanwhile."""
        ...

    def latest(self, limit: int, person_id: str = "") -> tuple[Sighting, ...]:
        """The newest first, of one person under all ids where one is given."""
        ...

    def of_track(self, camera: str, track_id: int) -> Sighting | None:
        """The newest sighting of a track."""
        ...

    def views(self, sighting_id: int) -> tuple[SightedView, ...]:
        """The views that are (still) kept of a sighting, the best first."""
        ...

    def were_together(self, person_id: str, other_id: str) -> bool:
        """Whether two people were in view of one camera at the same time: then they are two."""
        ...

    def visits(self) -> dict[str, Visits]:
        """How often, and when, everybody was seen of whom there are sightings."""
        ...
