"""What keeps events: the protocol every store of events fulfils."""

from collections.abc import Collection, Sequence
from typing import Protocol

from mien.domain.events import Event


class EventStore(Protocol):
    """Keeps events. Safe for several threads and processes at once.

    Every method raises StoreError where the database cannot be used.
    """

    def append(self, events: Sequence[Event]) -> int:
        """Add events in one transaction; how many were new.

        An event that is already stored (by its id) is not stored twice; one about a person who was forgotten
        meanwhile is left out.
        """
        ...

    def latest(self, limit: int, camera: str = "") -> tuple[Event, ...]:
        """The newest events first, of one camera where one is named."""
        ...

    def of_person(self, person_ids: Collection[str]) -> tuple[Event, ...]:
        """The events that name any of some ids, the oldest first."""
        ...

    def count(self, person_id: str = "") -> int:
        """Number of events, of one person where an id is given."""
        ...
