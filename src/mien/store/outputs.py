"""What was written outside the home, where nothing that is done here reaches: the protocol that tells of it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal, Protocol

from mien.domain.clock import Clock

OutputKind = Literal["analysis", "export", "report", "contact_sheet", "faces", "recogniser", "screenshot"]
"""*faces* and *recogniser* are what `mien lbph` cuts out and trains."""


@dataclass(frozen=True, slots=True)
class Output:
    """A folder or a file that mien wrote outside the home.

    Of one that ``is_blotted`` the path has "…" for the name of somebody who was forgotten: it is found by it no more.
    """

    kind: OutputKind
    path: Path
    at: datetime
    is_blotted: bool = False


class OutputStore(Protocol):
    """Remembers what was written outside the home. Safe for several threads and processes at once.

    Every method raises StoreError where the database cannot be used.
    """

    def note(self, kind: OutputKind, path: Path, at: datetime) -> None:
        """Remember a folder or file; of one that was written before, the newest moment is kept."""
        ...

    def still_there(self) -> tuple[Output, ...]:
        """Those that exist, the oldest first; of those that do not, nothing is remembered from then on.

        What is missing together with the folder it lay in, as on a disk that is away, is left out and remembered. A
        folder in which nothing is does not count: somebody meant to write there, and did not. What is blotted is taken
        to be there, for nobody can look.
        """
        ...


@contextmanager
def noted(outputs: OutputStore, kind: OutputKind, clock: Clock, *paths: Path) -> Iterator[None]:
    """Remember what is written meanwhile: before it is there, so that no copy is unheard of wherever a process dies.

    And once more when it is, for it may have been looked for in between. Raises StoreError.
    """
    for path in paths:
        outputs.note(kind, path, clock.now())
    yield
    for path in filter(Path.exists, paths):
        outputs.note(kind, path, clock.now())
