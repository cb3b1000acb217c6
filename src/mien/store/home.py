"""The one folder in which mien keeps people and history."""

from dataclasses import dataclass
from pathlib import Path

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
        """The folder of files that are made to be handed over: exports of single people, archives of the gallery."""
        return self.folder / "exports"

    @property
    def departures(self) -> Path:
        """The folder of who is being forgotten at the moment."""
        return self.folder / "departures"
