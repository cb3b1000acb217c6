"""The MIEN_* variables as plain values, and what is wrong with them."""

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import yaml
from pydantic_settings import EnvSettingsSource
from pydantic_settings import SettingsError as EnvironmentUnreadable

from mien.settings.models import SHORTHANDS, spelt_out
from mien.settings.places import leaves, unknown_key
from mien.settings.tree import ENVIRONMENT_NESTING, ENVIRONMENT_PREFIX, Settings
from mien.settings.yaml_file import Place

_BESIDE_SETTINGS = frozenset({"log", "key", "key_file", "new_key", "passphrase"})
"""MIEN_LOG says how much is logged, before there are settings; MIEN_KEY and MIEN_KEY_FILE are the key of the home,
MIEN_NEW_KEY its next one, and MIEN_PASSPHRASE opens an archive: none of them is a setting."""


@dataclass(frozen=True, slots=True)
class Environment:
    """What the variables say, without shorthands: the one behind each place, and a line for each that is wrong."""

    values: dict[str, Any] = field(default_factory=dict)
    names: dict[Place, str] = field(default_factory=dict)
    problems: tuple[str, ...] = ()


def read_environment() -> Environment:
    """The variables that are set now. A model's is written as in the file: ``MIEN_DETECTOR=yunet``."""
    problems = list(_unknown())
    source = EnvSettingsSource(Settings)
    given = source.env_vars
    words = {key: word for key in SHORTHANDS if (word := _word(key, given.get(_name(key).lower()))) is not None}
    for key, section in SHORTHANDS.items():
        if key in words and _name(section, "model").lower() in given:
            problems.append(f"{_name(key)}: {_name(section, 'model')} names a model too, keep one of them")
    source.env_vars = {name: text for name, text in given.items() if name not in {_name(key).lower() for key in words}}
    try:
        values = dict(source())
    except EnvironmentUnreadable as error:
        return Environment(problems=(*problems, f"the environment: {error}"))
    for section, own in spelt_out(words).items():
        values[section] = {**values.get(section, {}), **own}
    names = {place: _name(*place) for place, _ in leaves(values)}
    names |= {(SHORTHANDS[key], "model"): _name(key) for key in words}
    return Environment(values, names, tuple(problems))


def _name(*place: str) -> str:
    return ENVIRONMENT_PREFIX + ENVIRONMENT_NESTING.join(place).upper()


def _word(key: str, text: str | None) -> Any:
    """What a shorthand's variable says, read as in a file; none where it is not set, or holds a section as JSON."""
    if text is None:
        return None
    try:
        word = yaml.safe_load(text)
    except yaml.YAMLError:
        return text
    return None if isinstance(word, Mapping) and key in Settings.model_fields else word


def _unknown() -> Iterator[str]:
    """A line for each variable that leads nowhere."""
    for name in os.environ:
        if not name.upper().startswith(ENVIRONMENT_PREFIX):
            continue
        section, nesting, _ = name.upper().removeprefix(ENVIRONMENT_PREFIX).lower().partition(ENVIRONMENT_NESTING)
        known = {*Settings.model_fields, *(() if nesting else (*SHORTHANDS, *_BESIDE_SETTINGS))}
        if section not in known:
            yield f"{name}: {unknown_key((section,))}"
