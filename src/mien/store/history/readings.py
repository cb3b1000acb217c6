"""What keeps readings: the protocol every store of readings fulfils."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from mien.domain.readings import FrameReading


@dataclass(frozen=True, slots=True)
class PersonReading:
    """What was read of a person in one frame of a run that began ``began_at``, without anybody else who was there."""

    began_at: datetime
    frame: FrameReading


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

    def of_person(self, person_ids: Collection[str]) -> Iterator[PersonReading]:
        """Everything that was read of a person of some ids, in order."""
        ...

    def count(self, person_id: str = "") -> int:
        """Number of rows, of one person where an id is given."""
        ...
