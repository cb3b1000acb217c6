"""The one folder in which mien keeps people and history."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from platformdirs import user_data_path


@dataclass(frozen=True, slots=True)
class Home:
    """Where things lie under the home folder; nothing is created by naming it."""

    folder: Path

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> "Home":
        """``MIEN_HOME`` where it is set and not empty, otherwise the platform's folder for an application's data."""
        chosen = environment.get("MIEN_HOME", "").strip()
        return cls(Path(chosen).expanduser() if chosen else user_data_path("mien", appauthor=False))

    @property
    def database(self) -> Path:
        """The SQLite file."""
        return self.folder / "mien.sqlite3"

    @property
    def media(self) -> Path:
        """The folder of stored pictures of faces."""
        return self.folder / "media"
