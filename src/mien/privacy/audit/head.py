"""How long the audit log is, kept in a second place: a chain cannot show that its last lines were taken off."""

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Protocol

from mien.domain.errors import StoreError
from mien.store.home import PRIVATE


@dataclass(frozen=True, slots=True)
class Head:
    """The number and the hash of an entry that was the last one."""

    number: int
    hash: str


class AuditHead(Protocol):
    """Remembers the last entry. It is written behind the entry, and may lag by those a process died over."""

    def read(self) -> Head | None:
        """The last entry that was told of, or none; raises StoreError."""
        ...

    def write(self, head: Head) -> None:
        """Remember an entry in place of the one before; raises StoreError."""
        ...


class FileHead:
    """A file beside the log. Whoever may write both can change both: a database that others keep is a better place."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def read(self) -> Head | None:
        try:
            return Head(**json.loads(self._path.read_bytes()))
        except FileNotFoundError:
            return None
        except OSError as error:
            raise StoreError(f"{self._path} cannot be read: {error.strerror}") from error
        except (ValueError, TypeError) as error:
            raise StoreError(f"{self._path} is damaged: it does not say how long the audit log is") from error

    def write(self, head: Head) -> None:
        partial = self._path.with_suffix(".partial")
        try:
            self._path.parent.mkdir(PRIVATE, parents=True, exist_ok=True)
            with partial.open("w", encoding="ascii") as file:
                json.dump(asdict(head), file)
                file.flush()
                os.fsync(file.fileno())
            partial.replace(self._path)
        except OSError as error:
            raise StoreError(f"{self._path} cannot be written: {error.strerror}") from error
