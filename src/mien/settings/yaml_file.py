"""One YAML file as plain values, with the line of every key and the secrets filled in from the environment."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

import yaml

Place = tuple[str, ...]
"""Where a value stands: the keys that lead to it."""

VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")
"""What stands for a variable of the environment, and its name."""

_USERINFO = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://[^/]*@")


@dataclass(slots=True)
class YamlFile:
    """What a file says. ``lines`` counts from 1; ``problems`` are what is wrong before any key is looked at."""

    name: str
    values: dict[str, Any] = field(default_factory=dict)
    lines: dict[Place, int] = field(default_factory=dict)
    problems: list[tuple[Place, str]] = field(default_factory=list)
    secrets: list[str] = field(default_factory=list)


def read_yaml(path: Path, environment: Mapping[str, str] | None) -> YamlFile:
    """Read a file; ``${NAME}`` in a text becomes the value of that variable, percent-encoded in the userinfo of a URL.

    Without an environment it stays as it is written.

    Raises OSError where the file cannot be read; everything else that is wrong is listed in ``problems``.
    """
    file = YamlFile(path.name, lines={(): 1})
    try:
        loader = yaml.SafeLoader(path.read_text(encoding="utf-8"))
        root = loader.get_single_node()
    except UnicodeDecodeError:
        file.problems.append(((), "expected text in UTF-8"))
        return file
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        file.lines[()] = mark.line + 1 if mark else 1
        file.problems.append(((), f"is no YAML: {getattr(error, 'problem', None) or 'unexpected character'}"))
        return file
    values = _Reader(loader, file, environment).read(root, ()) if root else {}
    if isinstance(values, dict):
        file.values = values
    elif values is not None:
        file.problems.append(((), "expected keys with values, like 'detection:'"))
    return file


class _Reader:
    def __init__(self, loader: yaml.SafeLoader, file: YamlFile, environment: Mapping[str, str] | None) -> None:
        self._loader, self._file, self._environment = loader, file, environment

    def read(self, node: yaml.Node, place: Place) -> Any:
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, place)
        if isinstance(node, yaml.SequenceNode):
            return [self.read(item, (*place, str(index))) for index, item in enumerate(node.value)]
        try:
            value = self._loader.construct_object(node)
        except (yaml.YAMLError, ValueError):  # a date that does not exist, an unknown !tag
            self._file.problems.append((place, f"{node.value!r} is no value"))
            return None
        is_filled = isinstance(value, str) and self._environment is not None
        return self._filled(value, place, self._environment or {}) if is_filled else value

    def _mapping(self, node: yaml.MappingNode, place: Place) -> dict[str, Any]:
        values: dict[str, Any] = {}
        for key_node, value_node in node.value:
            key = str(key_node.value)
            here = (*place, key)
            if key in values:
                first = self._file.lines[here]
                self._file.lines[here] = key_node.start_mark.line + 1
                self._file.problems.append((here, f"stands here twice, first in line {first}"))
            self._file.lines[here] = key_node.start_mark.line + 1
            values[key] = self.read(value_node, here)
        return values

    def _filled(self, text: str, place: Place, environment: Mapping[str, str]) -> str:
        userinfo = _USERINFO.match(text)
        end = userinfo.end() if userinfo else 0

        def value(match: re.Match[str]) -> str:
            name = match[1]
            if name not in environment:
                self._file.problems.append((place, f"the environment variable {name} is not set"))
                return ""
            self._file.secrets.append(environment[name])
            return quote(environment[name], safe="") if match.end() < end else environment[name]

        return VARIABLE.sub(value, text)
