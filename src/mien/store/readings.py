"""What keeps readings: the protocol every store of readings fulfils."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Protocol

from mien.domain.readings import FrameReading


class ReadingStore(Protocol):
    """Keeps what was read, by run: one run is one source from its opening to its end.

    Safe for several threads and processes at once. Every method raises StoreError where the database cannot be used.
    """

    def start_run(self, camera: str, at: datetime) -> int:
        """Open a run of a source and return its id."""
        ...

    def append(self, run_id: int, readings: Sequence[FrameReading]) -> int:
        """Add frames to a run in one transaction, a row per face; how many rows.

        A face whose person was forgotten meanwhile is kept without the person.
        """
        ...

    def read(self, run_id: int) -> Iterator[FrameReading]:
        """The frames of a run in which there were faces, in order; names are those of today."""
        ...

    def count(self, person_id: str = "") -> int:
        """Number of rows, of one person where an id is given."""
        ...
