"""The one folder in which mien keeps people and history, and how a file comes into it: whole, private and lasting."""

import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from mien.domain.errors import UsageError

PRIVATE = 0o700
"""Mode of the folders that mien makes for faces and names: nobody but their owner looks into them."""


@dataclass(frozen=True, slots=True)
class Home:
    """Where things lie under the home folder; nothing is created by naming it."""

    folder: Path

    @property
    def database(self) -> Path:
        """The SQLite file."""
        return self.folder / "mien.sqlite3"

    @property
    def database_files(self) -> tuple[Path, ...]:
        """The SQLite file and those that SQLite lays beside it; a process that has it open must not open these."""
        return tuple(self.database.with_name(self.database.name + end) for end in ("", "-wal", "-shm", "-journal"))

    @property
    def database_bytes(self) -> int:
        """What these take on the disk now."""
        sizes = 0
        for file in self.database_files:
            with suppress(OSError):  # SQLite removes those beside it when nobody has it open any more
                sizes += file.stat().st_size
        return sizes

    @property
    def media(self) -> Path:
        """The folder of stored pictures of faces."""
        return self.folder / "media"

    @property
    def audit(self) -> Path:
        """The log of what was done about people, one JSON object a line."""
        return self.folder / "audit.jsonl"

    @property
    def audit_head(self) -> Path:
        """How long the audit log is."""
        return self.folder / "audit.head"

    @property
    def index(self) -> Path:
        """The folder of what makes a large gallery start quickly; it is made anew where it is gone."""
        return self.folder / "index"

    @property
    def exports(self) -> Path:
        """The folder of archives of the gallery that are sealed with a passphrase."""
        return self.folder / "exports"

    @property
    def departures(self) -> Path:
        """The folder of who is being forgotten at the moment."""
        return self.folder / "departures"

    def holds(self, path: Path) -> bool:
        """Whether a path lies in the home, links followed."""
        return path.resolve().is_relative_to(self.folder.resolve())

    def check_outside(self, path: Path) -> None:
        """Raise UsageError where a path lies in the home, in which faces are never in plain."""
        if self.holds(path):
            raise UsageError(f"{path} lies in the home, where faces are kept encrypted: choose a place outside of it")


def put_whole(path: Path, data: bytes) -> None:
    """Put bytes into a file that only its owner may read, in place of what was there; raises OSError.

    Written beside its place and moved there: no name ever stands for half a file. It is on the disk, and will be found
    there after a power cut, when this returns. One process at a time may write a file.
    """
    partial = path.with_name(f"{path.name}.partial")
    path.parent.mkdir(PRIVATE, parents=True, exist_ok=True)
    partial.unlink(missing_ok=True)  # of a process that died, or of somebody who would read what is written
    try:
        with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
    except BaseException:
        partial.unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """See to it that what was put into a folder is found there after a power cut; raises OSError."""
    if os.name == "nt":
        return  # Windows opens no folders
    opened = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
