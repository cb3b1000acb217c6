"""Putting the settings together: the file, then the environment; every problem is told at once."""

import math
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from mien.domain.errors import ModelUnknown, SettingsError
from mien.inference.catalog import load_catalog
from mien.settings.environment import Environment, read_environment
from mien.settings.models import OPTIONAL, SECTIONS, SHORTHANDS, chosen_twice, spelt_out
from mien.settings.places import key_of, leaves, unknown_key
from mien.settings.ranges import allowed_range
from mien.settings.tree import CAMERA_SECTIONS, ENVIRONMENT_PREFIX, Settings
from mien.settings.yaml_file import Place, YamlFile, read_yaml
from mien.telemetry.logs import Redactor

FILE_NAME = "mien.yaml"
_SECTION = "a section with keys"
_CAMERAS = {1: "{hall: {source: /videos/hall.mp4}}", 2: "{source: /videos/hall.mp4}"}
"""What is written for all cameras, and for one, by how deep it stands."""
_EXPECTED = {
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
    "string": "a text",
    "path": "a path",
    "tuple": "a list, such as [a, b]",
    "dict": _SECTION,
    "model": _SECTION,
    "dataclass": _SECTION,
}


def load_settings(
    path: Path | None = None,
    redactor: Redactor | None = None,
    chosen: Mapping[str, str] = MappingProxyType({}),
    *,
    checks_models: bool = True,
) -> Settings:
    """The settings of a file, of MIEN_* variables over it, and of the models ``chosen`` by their shorthands over both.

    Without a path the file is ``mien.yaml`` in the home, where there is one. What the environment fills in is
    registered with ``redactor``. Without ``checks_models`` names of models that nobody knows are no problem, for those
    who look after the models themselves. Raises SettingsError with one line for each problem.
    """
    redactor = redactor or Redactor()
    file = read_file(path, os.environ)
    redactor.register(file.secrets)
    environment = read_environment()
    given = _merged(values_of(file), environment.values)
    given = _merged(given, spelt_out(chosen))
    problems = [*file.problems, *_out_of_range(given), *_no_names(given)]
    if checks_models:
        problems += _without_card(given)
    settings: Settings | None = None
    try:
        settings = Settings(**_with_inherited(given))
    except ValidationError as error:
        places = {place for place, _ in leaves(given)}
        told = {place for place, _ in problems}
        for detail in error.errors(include_url=False):
            place = tuple(str(step) for step in detail["loc"])
            if len(place) == 3 and place[2] == "[key]":  # how pydantic tells that a name is wrong, not what it names
                place = place[:2]
            is_inherited = place[:1] == ("cameras",) and {*place[2:3]} & {*CAMERA_SECTIONS} and place not in places
            if not is_inherited and place not in told:
                problems.append((place, _wording(place, detail)))
    lines = [*environment.problems, *_lines(problems, file, environment, chosen)]
    if lines or settings is None:
        faults = [*(("", text) for text in environment.problems), *((key_of(place), text) for place, text in problems)]
        by_key = tuple((key, redactor.redact(text)) for key, text in dict.fromkeys(faults))
        raise SettingsError(redactor.redact("\n".join(lines)), by_key)
    return settings


def settings_path(path: Path | None) -> Path:
    """The file that settings are from: the one that is named, else ``mien.yaml`` in the home, if it is there."""
    if path is not None:
        return path
    home = os.environ.get(f"{ENVIRONMENT_PREFIX}HOME")
    return (Path(home).expanduser() if home else Settings().home) / FILE_NAME


def read_file(path: Path | None, environment: Mapping[str, str] | None) -> YamlFile:
    """The file that settings are from, see `read_yaml`; raises SettingsError where one that is named cannot be read."""
    place = settings_path(path)
    if path is None and not place.is_file():
        return YamlFile(place.name)
    try:
        return read_yaml(place, environment)
    except OSError as error:
        raise SettingsError(f"{place}: cannot be read: {error.strerror or error}") from error


def values_of(file: YamlFile) -> dict[str, Any]:
    """What a file says, without shorthands and keys that say nothing; what is wrong with those becomes a problem."""
    return _all_spelt_out(_without_nulls(file.values), file)


def _all_spelt_out(values: dict[str, Any], file: YamlFile) -> dict[str, Any]:
    """A file's values without shorthands, its cameras' too; what a shorthand stands for is found on its line."""
    cameras = values.get("cameras")
    owners: list[tuple[Place, Any]] = [((), values)]
    if isinstance(cameras, Mapping):
        owners += [(("cameras", name), own) for name, own in cameras.items()]
    for place, own in owners:
        for shorthand, section in chosen_twice(own) if isinstance(own, Mapping) else ():
            line = file.lines[(*place, section)]
            text = f"{section} in line {line} names a model too, keep one of them"
            file.problems.append(((*place, shorthand), text))
        for shorthand, section in SHORTHANDS.items():
            if isinstance(own, Mapping) and shorthand in own and not isinstance(own[shorthand], Mapping):
                file.lines[(*place, section, "model")] = file.lines[(*place, shorthand)]
    spelt = spelt_out(values)
    if isinstance(cameras, Mapping):
        spelt["cameras"] = {name: spelt_out(own) if isinstance(own, Mapping) else own for name, own in cameras.items()}
    return spelt


def _merged(lower: Mapping[str, Any], upper: Mapping[str, Any]) -> dict[str, Any]:
    """Two trees as one, where ``upper`` wins."""
    merged = dict(lower)
    for key, value in upper.items():
        below = merged.get(key)
        merged[key] = _merged(below, value) if isinstance(below, Mapping) and isinstance(value, Mapping) else value
    return merged


def _without_nulls(values: Mapping[str, Any]) -> dict[str, Any]:
    """A key without a value is as if it were not there: a section whose lines are all commented out stays valid."""
    kept = {key: value for key, value in values.items() if value is not None}
    for key, value in kept.items():
        if isinstance(value, Mapping):
            cameras = {name: {} if own is None else own for name, own in value.items()} if key == "cameras" else value
            kept[key] = _without_nulls(cameras)
    return kept


def _with_inherited(given: Mapping[str, Any]) -> dict[str, Any]:
    """Every camera's sections filled up from those of the whole."""
    cameras = given.get("cameras")
    if not isinstance(cameras, Mapping):
        return dict(given)
    inherited = {key: given[key] for key in CAMERA_SECTIONS if isinstance(given.get(key), Mapping)}
    filled = {name: _merged(inherited, own) if isinstance(own, Mapping) else own for name, own in cameras.items()}
    return {**given, "cameras": filled}


def _out_of_range(given: Mapping[str, Any]) -> Iterator[tuple[Place, str]]:
    for place, value in leaves(given):
        limits = allowed_range(place)
        if limits is None or isinstance(value, bool | Mapping | list):
            continue
        try:
            number = float(value)
        except (TypeError, ValueError):
            continue  # of the wrong type, which is told elsewhere
        except OverflowError:
            number = math.inf
        if math.isnan(number) or not limits[0] <= number <= limits[1]:
            yield place, f"{value} is out of range, expected {limits[0]:g} to {limits[1]:g}"


def _models(given: Mapping[str, Any]) -> Iterator[tuple[Place, Any]]:
    """What stands where a model is named; the task is the name of the section."""
    return (
        (place, name)
        for place, name in leaves(given)
        if place[-1] == "model" and place[-2:-1] and place[-2] in SECTIONS
    )


def _no_names(given: Mapping[str, Any]) -> Iterator[tuple[Place, str]]:
    for place, name in _models(given):
        if not isinstance(name, str):
            yield place, f"expected the name of a model, got {name!r}"


def _without_card(given: Mapping[str, Any]) -> Iterator[tuple[Place, str]]:
    """Models that the catalogue does not have, or not for their task."""
    named = [(place, name) for place, name in _models(given) if isinstance(name, str)]
    named = [(place, name) for place, name in named if name or place[-2] not in OPTIONAL]
    accepted = given.get("accepted_models")
    accepted = [name for name in accepted if isinstance(name, str)] if isinstance(accepted, list) else []
    if not (named or accepted):
        return  # most files name none, and need no catalogue
    catalog = load_catalog(home=_home(given))
    for place, name in named:
        try:
            catalog.card(name, place[-2])
        except ModelUnknown as error:
            yield place, str(error)
    for name in accepted:
        try:
            catalog.card(name)
        except ModelUnknown as error:
            yield ("accepted_models",), str(error)


def _home(given: Mapping[str, Any]) -> Path:
    return Path(str(given.get("home") or Settings().home)).expanduser()


def _wording(place: Place, detail: ErrorDetails) -> str:
    kind = detail["type"]
    if kind in {"unexpected_keyword_argument", "extra_forbidden"}:
        return unknown_key(place)
    if kind == "missing":
        return "is missing"
    if kind == "value_error":
        return detail["msg"].removeprefix("Value error, ")
    if kind == "literal_error":
        return f"expected {detail['ctx']['expected']}, got {detail['input']!r}"
    expected = _EXPECTED.get(kind.split("_")[0])
    if expected == _SECTION and place[:1] == ("cameras",) and (like := _CAMERAS.get(len(place))):
        expected = f"{expected}, such as {like}"
    return f"expected {expected}, got {detail['input']!r}" if expected else detail["msg"]


def _lines(
    problems: list[tuple[Place, str]], file: YamlFile, environment: Environment, chosen: Mapping[str, str]
) -> list[str]:
    """One line for each problem: file and line (or variable, or option), place, what is wrong; in the file's order."""
    options: dict[Place, str] = {(SHORTHANDS[one], "model"): f"--{one}" for one in chosen}
    outside = {**environment.names, **options}
    told: list[tuple[int, str]] = []
    for place, text in problems:
        if place in outside:
            told.append((0, f"{outside[place]}: {text}"))
            continue
        path = "".join(one if one.isprintable() else ascii(one)[1:-1] for one in ".".join(place))
        line = next((file.lines[place[:n]] for n in range(len(place), -1, -1) if place[:n] in file.lines), 0)
        where = f"{file.name}:{line}: " if line else ""
        told.append((line, f"{where}{path}: {text}" if path else f"{where}{text}"))
    return [text for _, text in sorted(dict.fromkeys(told))]
