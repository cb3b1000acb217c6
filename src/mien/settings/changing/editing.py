"""Changing a settings file from a distance: all that is asked for, checked as a service would read it, or nothing."""

import os
import stat
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from tempfile import mkstemp

from mien.domain.errors import SettingsError, SettingsFixed
from mien.settings.changing.ground import NO_FILES, Ground, is_named_file, is_source
from mien.settings.changing.texts import kept
from mien.settings.changing.yaml_text import YamlText
from mien.settings.loading import load_settings, settings_path, values_of
from mien.settings.origins import Origins
from mien.settings.places import fault_of, key_of, leaves, place_of
from mien.settings.tree import named_camera
from mien.settings.yaml_file import Place, read_yaml
from mien.store.home import PRIVATE, sync_folder

UNCHANGED = "nothing was changed"
"""What is said beside all that keeps a change from being made."""

_SHARED = "parts of the file are shared by several keys: change it on the machine that mien runs on"
Value = bool | int | float | str | list[str] | None
Recording = Callable[[tuple[str, ...]], AbstractContextManager[None]]
"""Within what is returned a file is moved to its place, and the keys that change in it are on record."""


@dataclass(frozen=True, slots=True)
class SettingsFile:
    """The file that settings are from, and are written to: made where there is none, for its owner alone."""

    ground: Ground

    @property
    def path(self) -> Path:
        """Where it is, links followed."""
        return settings_path(self.ground.path).resolve()

    def revision(self) -> str:
        """What it holds, in a word that is another one after every change."""
        return sha256(self._text().encode()).hexdigest()[:32]

    def change(self, changes: Mapping[str, Value], recording: Recording) -> None:
        """Write values under keys, and take away what is none.

        Raises SettingsFixed where one of them is not to be changed from a distance, SettingsError with all that is
        wrong, and the file is as it was.
        """
        origins = Origins.read(self.ground.path) if self.path.exists() else Origins()
        places = _places(changes)
        self._check_free(places, origins)
        values = {place: self._kept(place, changes[key], origins) for key, place in places.items()}
        self._check_sources(values, origins)
        before = self._text()
        after = self._changed(before, values)
        if after != before:
            self._replace(after, places, recording)

    def _text(self) -> str:
        try:
            return self.path.read_text(encoding="utf-8")
        except FileNotFoundError:
            return ""
        except (OSError, UnicodeDecodeError) as error:
            raise SettingsError(f"{self.path.name} cannot be read: {getattr(error, 'strerror', 'no UTF-8')}") from error

    def _check_free(self, places: Mapping[str, Place], origins: Origins) -> None:
        fixed = tuple((key, why) for key, place in places.items() if (why := self.ground.why_fixed(place, origins)))
        if fixed:
            raise SettingsFixed(UNCHANGED, fixed)

    def _check_sources(self, values: Mapping[Place, Value], origins: Origins) -> None:
        """Raise SettingsFixed where a camera is to show another file of this machine than it does."""
        fixed = tuple(
            (key_of(place), NO_FILES)
            for place, value in values.items()
            if is_source(place) and value != origins.written.get(place) and is_named_file(value)
        )
        if fixed:
            raise SettingsFixed(UNCHANGED, fixed)

    def _kept(self, place: Place, value: Value, origins: Origins) -> Value:
        """A value with what is hidden of the one before; raises SettingsError where it is no text that may stand."""
        before = origins.written.get(place)
        before = before if isinstance(before, str) else ""
        try:
            if isinstance(value, list):
                return [kept(one, before, self.ground.redactor) for one in value]
            return kept(value, before, self.ground.redactor) if isinstance(value, str) else value
        except ValueError as error:
            raise _refused((key_of(place), str(error))) from error

    def _changed(self, text: str, changes: Mapping[Place, Value]) -> str:
        try:
            made = YamlText(text)
        except ValueError as error:
            self._check(self.ground.path)  # which tells all that is wrong
            raise SettingsError(f"{self.path.name} {error}") from error
        for place, value in sorted(changes.items(), key=lambda change: len(change[0])):
            if value is None:
                made.remove(place)
            else:
                made.put(place, value)
        return str(made)

    def _check(self, candidate: Path | None) -> None:
        """Raise SettingsError where a service could not start with a file."""
        try:
            load_settings(candidate, self.ground.redactor)
        except SettingsError as error:
            raise _refused(*(error.faults or (("", str(error)),))) from error

    def _replace(self, text: str, places: Mapping[str, Place], recording: Recording) -> None:
        path = self.path
        path.parent.mkdir(PRIVATE, parents=True, exist_ok=True)
        candidate = None
        try:
            candidate = _beside(path, text)
            self._check(candidate)
            _check_alone(path, candidate, [*places.values()])
            with recording(tuple(dict.fromkeys(_without_names(place) for place in places.values()))):
                candidate.replace(path)
            sync_folder(path.parent)
        except OSError as error:
            told = f"{path.name} cannot be written where it lies: {error.strerror or error}"
            raise SettingsFixed(told) from error
        finally:
            if candidate is not None:
                with suppress(OSError):
                    candidate.unlink(missing_ok=True)


def _places(changes: Mapping[str, Value]) -> dict[str, Place]:
    """Where keys lead to; raises SettingsError with all that lead nowhere."""
    found: dict[str, Place] = {}
    faults: list[tuple[str, str]] = []
    for key, value in changes.items():
        try:
            place = place_of(key)
        except ValueError:
            faults.append((key, "is no key"))
            continue
        fault = fault_of(place) or _fault_of_camera(place, value)
        if fault:
            faults.append((key, fault))
        found[key] = place
    if len({*found.values()}) < len(found):
        faults.append(("", "one setting is asked for twice"))
    if faults:
        raise _refused(*faults)
    return found


def _fault_of_camera(place: Place, value: Value) -> str:
    """What is wrong with the name of a camera, and with a whole camera as one value."""
    if place[0] != "cameras" or value is None:
        return ""
    if len(place) == 2:
        return "is a section, name one of its keys"
    try:
        named_camera(place[1])
    except ValueError as error:
        return str(error)
    return ""


def _refused(*faults: tuple[str, str]) -> SettingsError:
    return SettingsError(UNCHANGED, faults)


def _beside(path: Path, text: str) -> Path:
    """A file beside another one that holds a text, on the disk, for whom that one is."""
    opened, name = mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(opened, "w", encoding="utf-8", newline="") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        if path.exists():
            Path(name).chmod(stat.S_IMODE(path.stat().st_mode))
    except BaseException:
        Path(name).unlink()
        raise
    return Path(name)


def _check_alone(before: Path, after: Path, places: list[Place]) -> None:
    """Raise SettingsFixed where a file says something else than before beside some places, as shared parts would."""
    was, now = (dict(leaves(values_of(read_yaml(path, None)))) if path.exists() else {} for path in (before, after))
    changed = {place for place in (*was, *now) if was.get(place) != now.get(place)}
    asked = {*places}
    for place in changed:
        if not any(place[: len(one)] == one or one[: len(place)] == place for one in asked):
            raise SettingsFixed(_SHARED)


def _without_names(place: Place) -> str:
    """A key in which a camera has no name, for a record that nobody can take a line out of."""
    return ".".join(("cameras", "*", *place[2:]) if place[0] == "cameras" else place)
