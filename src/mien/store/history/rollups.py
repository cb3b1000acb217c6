"""What keeps readings added up by minute, hour and day: the protocol every store of roll-ups fulfils."""

from collections.abc import Collection
from datetime import datetime
from typing import Protocol

from mien.domain.people.timelines import Rollup, Span


class RollupStore(Protocol):
    """Tells what readings come to: they are added up by whoever keeps them, as they are kept.

    What was added up outlives the readings, for a retention of its own. It is kept under the ids under which people
    were seen: whoever is merged keeps theirs, so that all ids of a person are to be asked for. It goes with the person,
    and where they do not consent to having expressions read. Safe for several threads and processes at once. Every
    method raises StoreError where the database cannot be used.
    """

    def of(
        self,
        person_ids: Collection[str],
        span: Span | None = None,
        begin: datetime | None = None,
        end: datetime | None = None,
    ) -> tuple[Rollup, ...]:
        """Those of people of some ids, of one span or all, that begin in a time whose end is excluded, in order."""
        ...

    def count(self, person_id: str = "") -> int:
        """Number of rows, of one id where it is given."""
        ...
