"""What keeps sightings: the protocol every store of sightings fulfils."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from mien.domain.people.sightings import SightedView, Sighting, Visits


@dataclass(frozen=True, slots=True)
class Noted:
    """The id of a sighting that is kept, and stored pictures of its views that are not."""

    sighting_id: int
    unused: tuple[str, ...] = ()


class SightingStore(Protocol):
    """Keeps sightings. Safe for several threads and processes at once.

    Every method raises StoreError where the database cannot be used.
    """

    def add(self, sighting: Sighting, views: Sequence[SightedView] = ()) -> Noted:
        """Keep a sighting with some of its views; of a person who was forgotten meanwhile neither the id nor a view.

        Views are kept only of people who consent to be identified when it ends, and stored pictures of those who
        consent to that; those that are not are the caller's to delete.
        """
        ...

    def latest(
        self, limit: int, person_id: str = "", before: tuple[datetime, int] | None = None
    ) -> tuple[Sighting, ...]:
        """The newest first, of one person under all ids where one is given.

        Where it is told, only those that ended ``before`` a moment, or at it under a smaller id.
        """
        ...

    def came(self, begin: datetime, end: datetime, camera: str = "") -> frozenset[str]:
        """Whose sightings ended in a time whose end is excluded, of one camera or all, by the ids that stand now."""
        ...

    def sighting(self, sighting_id: int) -> Sighting | None:
        """The sighting of an id."""
        ...

    def of_track(self, camera: str, track_id: int) -> tuple[Sighting, ...]:
        """The sightings of a track, the newest first: tracks are counted anew whenever a camera is opened."""
        ...

    def views(self, sighting_id: int) -> tuple[SightedView, ...]:
        """The views that are (still) kept of a sighting, the best first."""
        ...

    def part(self, pairs: Collection[tuple[str, str]]) -> None:
        """Keep pairs of people who are two, for they were in view together; who was forgotten is passed over.

        It is kept as long as both are.
        """
        ...

    def parted(self, person_id: str) -> frozenset[str]:
        """Who a person is known not to be, by pairs that are kept or by a merge that was taken back.

        All ids of everybody are heeded, and those told that stand for people now. Raises PersonUnknown.
        """
        ...

    def visits(self) -> dict[str, Visits]:
        """How often, and when, everybody was seen of whom there are sightings, by the id that stands for them now."""
        ...
