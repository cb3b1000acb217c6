"""What keeps events: the protocol every store of events fulfils."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from mien.domain.events import Event, EventKind


@dataclass(frozen=True, slots=True)
class EventQuery:
    """Which events are looked for: of a camera, of some kinds, of some people; what is left empty does not matter.

    ``before`` is the moment and id of an event: those that are told behind it, newest first. None is older than
    ``since``.
    """

    camera: str = ""
    kinds: Collection[EventKind] = ()
    person_ids: Collection[str] = ()
    before: tuple[datetime, str] | None = None
    since: datetime | None = None


class EventStore(Protocol):
    """Keeps events. Safe for several threads and processes at once.

    Every method raises StoreError where the database cannot be used.
    """

    def append(self, events: Sequence[Event]) -> tuple[Event, ...]:
        """Add events in one transaction; those that were new.

        An event that is already stored (by its id) is not stored twice; one about a person who was forgotten
        meanwhile is left out, and so is one of an expression of somebody who does not agree to that any more.
        """
        ...

    def latest(self, limit: int, camera: str = "") -> tuple[Event, ...]:
        """The newest events first, of one camera where one is named."""
        ...

    def find(self, query: EventQuery, limit: int) -> tuple[Event, ...]:
        """The newest events first that a query is about; those of one moment by their ids."""
        ...

    def of_person(self, person_ids: Collection[str]) -> tuple[Event, ...]:
        """The events that name any of some ids, the oldest first."""
        ...

    def count(self, person_id: str = "") -> int:
        """Number of events, of one person where an id is given."""
        ...
