"""What keeps readings: the protocol every store of readings fulfils."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from mien.domain.readings import FrameReading


@dataclass(frozen=True, slots=True)
class Run:
    """One source from its opening to its end."""

    run_id: int
    camera: str
    started_at: datetime


@dataclass(frozen=True, slots=True)
class PersonReading:
    """What was read of a person in one frame of a run that began ``began_at``, without anybody else who was there."""

    began_at: datetime
    frame: FrameReading


@dataclass(frozen=True, slots=True)
class ReadingQuery:
    """Which readings are looked for: from a moment until an ``end`` that is excluded, of a camera, of some ids.

    Without a camera it is any; without ids (None) it is every face, whosever.
    """

    begin: datetime
    end: datetime
    camera: str = ""
    person_ids: Collection[str] | None = None


class ReadingStore(Protocol):
    """Keeps what was read, by run. One that is past its retention is let go of with the last of its readings.

    Safe for several threads and processes at once. Every method raises StoreError where the database cannot be used.
    """

    def start_run(self, camera: str, at: datetime) -> Run:
        """Open a run of a source; its id is that of no other run, gone or not."""
        ...

    def append(self, run: Run, readings: Sequence[FrameReading]) -> int:
        """Add frames to a run in one transaction, a row per face; how many rows.

        A run that was let go of while it goes on is there again. A face whose person was forgotten meanwhile is kept
        without the person. What holds an expression is added up too, as RollupStore tells it.
        """
        ...

    def runs(self) -> tuple[Run, ...]:
        """Those of which something is kept, or may come to be, the first to start first; cameras by today's names."""
        ...

    def cameras(self) -> frozenset[str]:
        """Today's names of the cameras and sources of which readings, events or visits are kept."""
        ...

    def read(self, run: Run) -> Iterator[FrameReading]:
        """The frames of a run in which there were faces, in order; names are those of today."""
        ...

    def of_person(self, person_ids: Collection[str]) -> Iterator[PersonReading]:
        """Everything that was read of a person of some ids, in order."""
        ...

    def find(self, query: ReadingQuery) -> Iterator[PersonReading]:
        """The faces that a query is about, run by run, the first to start first, in order; of them a page is held."""
        ...

    def label_sets(self) -> tuple[tuple[str, ...], ...]:
        """The labels by which expressions were told since this home began, of each model in its own order."""
        ...

    def count(self, person_id: str = "") -> int:
        """Number of rows, of one person where an id is given."""
        ...
