"""Putting the settings together: the file, then the environment; every problem is told at once."""

import math
import os
from collections.abc import Iterator, Mapping
from dataclasses import is_dataclass
from difflib import get_close_matches
from pathlib import Path
from types import MappingProxyType
from typing import Any, get_args, get_origin, get_type_hints

from pydantic import ValidationError
from pydantic_core import ErrorDetails
from pydantic_settings import EnvSettingsSource
from pydantic_settings import SettingsError as EnvironmentUnreadable

from mien.domain.errors import SettingsError
from mien.inference.catalog import load_catalog
from mien.settings.models import OPTIONAL, SECTIONS, SHORTHANDS, spelt_out
from mien.settings.ranges import allowed_range
from mien.settings.tree import CAMERA_SECTIONS, ENVIRONMENT_NESTING, ENVIRONMENT_PREFIX, Settings
from mien.settings.yaml_file import Place, YamlFile, read_yaml
from mien.telemetry.logs import Redactor

FILE_NAME = "mien.yaml"
_EXPECTED = {
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
    "string": "a text",
    "path": "a path",
    "dict": "a section with keys",
    "model": "a section with keys",
    "dataclass": "a section with keys",
}


def load_settings(
    path: Path | None = None, redactor: Redactor | None = None, chosen: Mapping[str, str] = MappingProxyType({})
) -> Settings:
    """The settings of a file, of MIEN_* variables over it, and of the models ``chosen`` by their shorthands over both.

    Without a path the file is ``mien.yaml`` in the home, where there is one. What the environment fills in is
    registered with ``redactor``. Raises SettingsError with one line for each problem.
    """
    redactor = redactor or Redactor()
    file = _file(path)
    redactor.register(file.secrets)
    problems = list(file.problems)
    environment, complaints = _environment()
    given = _merged(_all_spelt_out(_without_nulls(file.values), file), environment)
    given = _merged(given, spelt_out(chosen))
    problems += _out_of_range(given)
    problems += _without_card(given)
    settings: Settings | None = None
    try:
        settings = Settings(**_with_inherited(given))
    except ValidationError as error:
        places = set(_places(given))
        for detail in error.errors(include_url=False):
            place = tuple(str(step) for step in detail["loc"])
            if place[:1] != ("cameras",) or len(place) < 4 or place in places:  # what is inherited was told above
                problems.append((place, _wording(place, detail)))
    lines = complaints + _lines(problems, file, environment, chosen)
    if lines or settings is None:
        raise SettingsError(redactor.redact("\n".join(lines)))
    return settings


def _file(path: Path | None) -> YamlFile:
    if path is None:
        home = os.environ.get(f"{ENVIRONMENT_PREFIX}HOME")
        path = (Path(home).expanduser() if home else Settings().home) / FILE_NAME
        if not path.is_file():
            return YamlFile(path.name)
    try:
        return read_yaml(path, os.environ)
    except OSError as error:
        raise SettingsError(f"{path}: cannot be read: {error.strerror or error}") from error


def _environment() -> tuple[dict[str, Any], list[str]]:
    """The values of MIEN_* variables, and a line for each nested one that leads to no section."""
    complaints = []
    for name in os.environ:
        section, nesting, _ = name.upper().removeprefix(ENVIRONMENT_PREFIX).partition(ENVIRONMENT_NESTING)
        is_meant = name.upper().startswith(ENVIRONMENT_PREFIX) and nesting
        if is_meant and section.lower() not in Settings.model_fields:
            complaints.append(f"{name}: {_unknown((section.lower(),))}")
    try:
        return dict(EnvSettingsSource(Settings)()), complaints
    except EnvironmentUnreadable as error:
        return {}, [*complaints, f"the environment: {error}"]


def _all_spelt_out(values: dict[str, Any], file: YamlFile) -> dict[str, Any]:
    """A file's values without shorthands, its cameras' too; what a shorthand stands for is found on its line."""
    cameras = values.get("cameras")
    owners: list[tuple[Place, Any]] = [((), values)]
    if isinstance(cameras, Mapping):
        owners += [(("cameras", name), own) for name, own in cameras.items()]
    for place, own in owners:
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


def _leaves(values: Mapping[str, Any], place: Place = ()) -> Iterator[tuple[Place, Any]]:
    for key, value in values.items():
        yield (*place, key), value
        if isinstance(value, Mapping):
            yield from _leaves(value, (*place, key))


def _places(values: Mapping[str, Any]) -> Iterator[Place]:
    return (place for place, _ in _leaves(values))


def _out_of_range(given: Mapping[str, Any]) -> Iterator[tuple[Place, str]]:
    for place, value in _leaves(given):
        limits = allowed_range(place)
        if limits is None or isinstance(value, bool | Mapping | list):
            continue
        try:
            number = float(value)
        except (TypeError, ValueError):
            continue  # of the wrong type, which is told elsewhere
        if math.isnan(number) or not limits[0] <= number <= limits[1]:
            yield place, f"{value} is out of range, expected {limits[0]:g} to {limits[1]:g}"


def _without_card(given: Mapping[str, Any]) -> Iterator[tuple[Place, str]]:
    """Models that the catalogue does not have for their task, which is the name of the section."""
    catalog = None  # read only where a model is named: most files name none
    for place, name in _leaves(given):
        if len(place) < 2 or place[-1] != "model" or place[-2] not in SECTIONS or not isinstance(name, str):
            continue
        if not name and place[-2] in OPTIONAL:
            continue
        catalog = catalog or load_catalog(home=_home(given))
        known = [card.name for card in catalog.cards(task=place[-2])]
        if name not in known:
            yield place, f"no {place[-2]} model is called {name!r}, there is {', '.join(known)}"


def _home(given: Mapping[str, Any]) -> Path:
    return Path(str(given.get("home") or Settings().home)).expanduser()


def _wording(place: Place, detail: ErrorDetails) -> str:
    kind = detail["type"]
    if kind in {"unexpected_keyword_argument", "extra_forbidden"}:
        return _unknown(place)
    if kind == "missing":
        return "is missing"
    if kind == "value_error":
        return detail["msg"].removeprefix("Value error, ")
    if kind == "literal_error":
        return f"expected {detail['ctx']['expected']}, got {detail['input']!r}"
    expected = _EXPECTED.get(kind.split("_")[0])
    return f"expected {expected}, got {detail['input']!r}" if expected else detail["msg"]


def _unknown(place: Place) -> str:
    known = list(_fields(_kind(place[:-1])))
    near = get_close_matches(place[-1], known, n=1)
    return f"no such key, did you mean {near[0]}?" if near else f"no such key, there is {', '.join(known)}"


def _kind(place: Place) -> Any:
    """The type that stands at a place of the tree."""
    kind: Any = Settings
    for step in place:
        kind = get_args(kind)[1] if get_origin(kind) is dict else _fields(kind)[step]
    return kind


def _fields(kind: Any) -> dict[str, Any]:
    if is_dataclass(kind):
        return get_type_hints(kind)
    return {name: field.annotation for name, field in Settings.model_fields.items()}


def _lines(
    problems: list[tuple[Place, str]], file: YamlFile, environment: Mapping[str, Any], chosen: Mapping[str, str]
) -> list[str]:
    """One line for each problem: file and line (or variable), place, what is wrong; in the order of the file."""
    from_environment = set(_places(environment))
    options = {(SHORTHANDS[shorthand], "model"): f"--{shorthand}" for shorthand in chosen}
    told: list[tuple[int, str]] = []
    for place, text in problems:
        path = ".".join(place)
        if place in options:
            told.append((0, f"{options[place]}: {text}"))
            continue
        if place and place in from_environment:
            name = ENVIRONMENT_PREFIX + ENVIRONMENT_NESTING.join(place).upper()
            told.append((0, f"{name}: {text}"))
            continue
        line = next((file.lines[place[:n]] for n in range(len(place), -1, -1) if place[:n] in file.lines), 0)
        where = f"{file.name}:{line}: " if line else ""
        told.append((line, f"{where}{path}: {text}" if path else f"{where}{text}"))
    return [text for _, text in sorted(dict.fromkeys(told))]
