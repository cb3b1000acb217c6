"""How long the audit log is, kept in a second place: a chain cannot show that its last lines were taken off."""

import hmac
import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Protocol

from mien.domain.errors import StoreError
from mien.privacy.audit.entry import BEGINNING, sealed
from mien.store.home import put_whole


@dataclass(frozen=True, slots=True)
class Head:
    """The number and the hash of an entry that was the last one; of a log without entries those of its beginning."""

    number: int = 0
    hash: str = BEGINNING


class AuditHead(Protocol):
    """Remembers the last entry. It is written behind the entry, and may lag by those a process died over."""

    def read(self) -> Head | None:
        """The last entry that was told of, or none; raises ValueError where it is damaged, StoreError."""
        ...

    def write(self, head: Head) -> None:
        """Remember an entry in place of the one before; raises StoreError."""
        ...


class FileHead:
    """A file beside the log, sealed by its key.

    It cannot be written by whoever has not the key. An older copy of both files can be put back: that is for another
    place to show, see `NotedHead`.
    """

    def __init__(self, path: Path, key: bytes) -> None:
        self._path = path
        self._key = key

    def read(self) -> Head | None:
        try:
            told = json.loads(self._path.read_bytes())
            head = Head(int(told["number"]), str(told["hash"]))
            if not hmac.compare_digest(str(told["seal"]), self._seal(head)):
                raise ValueError("it was changed")
        except FileNotFoundError:
            return None
        except OSError as error:
            raise StoreError(f"{self._path} cannot be read: {error.strerror}") from error
        except (ValueError, TypeError, KeyError) as error:
            raise ValueError(f"{self._path} is damaged: it does not say how long the audit log is") from error
        return head

    def write(self, head: Head) -> None:
        try:
            put_whole(self._path, json.dumps({**asdict(head), "seal": self._seal(head)}).encode())
        except OSError as error:
            raise StoreError(f"{self._path} cannot be written: {error.strerror}") from error

    def _seal(self, head: Head) -> str:
        return sealed(asdict(head), self._key)


class NotedHead:
    """A head beside which another place notes entries: whichever knows of more is believed.

    So a log that is gone on with after it was put back says itself, for good, that entries before are missing.
    """

    def __init__(self, head: AuditHead, noted: Callable[[], tuple[int, str] | None]) -> None:
        """``noted`` tells number and hash of an entry that the log must hold, or nothing; it raises StoreError."""
        self._head = head
        self._noted = noted

    def read(self) -> Head | None:
        own, noted = self._head.read(), self._noted()
        if own is None or noted is None:
            return own  # that it is gone is a fault of its own
        return max(Head(*noted), own, key=lambda head: head.number)

    def write(self, head: Head) -> None:
        self._head.write(head)
