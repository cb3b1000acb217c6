"""Who says each setting: the environment, a line of the file, a model, or nobody."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from mien.settings.environment import read_environment
from mien.settings.loading import read_file, values_of
from mien.settings.places import leaves
from mien.settings.yaml_file import Place


@dataclass(frozen=True, slots=True)
class Origins:
    """What is said where: ``written`` are the values of the file as they stand there, ``${NAME}`` too."""

    variables: Mapping[Place, str] = field(default_factory=dict)
    lines: Mapping[Place, str] = field(default_factory=dict)
    written: Mapping[Place, Any] = field(default_factory=dict)

    @classmethod
    def read(cls, path: Path | None = None) -> Self:
        """Those of the environment and of a file, see `load_settings`; raises SettingsError where the file is gone."""
        file = read_file(path, None)
        written = dict(leaves(values_of(file)))
        lines = {place: f"{file.name}:{file.lines[place]}" for place in written if place in file.lines}
        return cls(read_environment().names, lines, written)

    def of(self, place: Place) -> str:
        """A variable of the environment, the file with the line, or ``""`` where neither says anything."""
        return self.variables.get(place) or self.lines.get(place, "")


def said_by(place: Place, path: Path | None = None) -> str:
    """What a value in force is from, see `Origins.of`; raises SettingsError where the file is gone."""
    return Origins.read(path).of(place)
