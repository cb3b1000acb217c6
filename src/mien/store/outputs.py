"""What was written outside the home, where nothing that is done here reaches: the protocol that tells of it."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal, Protocol

OutputKind = Literal["analysis", "export", "report", "contact_sheet"]


@dataclass(frozen=True, slots=True)
class Output:
    """A folder or a file that mien wrote outside the home."""

    kind: OutputKind
    path: Path
    at: datetime


class OutputStore(Protocol):
    """Remembers what was written outside the home. Safe for several threads and processes at once.

    Every method raises StoreError where the database cannot be used.
    """

    def note(self, kind: OutputKind, path: Path, at: datetime) -> None:
        """Remember a folder or file; of one that was written before, the newest moment is kept."""
        ...

    def still_there(self) -> tuple[Output, ...]:
        """Those that exist, the oldest first; of those that do not, nothing is remembered from then on."""
        ...
