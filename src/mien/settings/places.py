"""Where values stand in the tree of settings, how such a place is spelt as one key, and what may stand there."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import is_dataclass
from difflib import get_close_matches
from typing import Any, get_args, get_origin, get_type_hints

from mien.settings.models import SHORTHANDS
from mien.settings.tree import CAMERA_SECTIONS, Settings
from mien.settings.yaml_file import Place


def leaves(values: Mapping[str, Any], place: Place = ()) -> Iterator[tuple[Place, Any]]:
    """Every place of a tree of values and what stands there, sections before what they hold."""
    for key, value in values.items():
        yield (*place, key), value
        if isinstance(value, Mapping):
            yield from leaves(value, (*place, key))


def key_of(place: Place) -> str:
    """A place as one key, its steps between dots; a step that a dot would part stands in quotes, as in TOML."""
    return ".".join(
        json.dumps(step, ensure_ascii=False) if not step or set(step) & set('."') else step for step in place
    )


def place_of(key: str) -> Place:
    """The place that a key spells; raises ValueError where it spells none."""
    steps, rest = [], key
    while True:
        if rest.startswith('"'):
            step, end = json.JSONDecoder().raw_decode(rest)
        else:
            step = rest.partition(".")[0]
            end = len(step)
        steps.append(step)
        if end == len(rest):
            return tuple(steps)
        if rest[end] != ".":
            raise ValueError(f"{key!r} is no key")
        rest = rest[end + 1 :]


def fault_of(place: Place) -> str:
    """Why nothing can be said at a place, or empty: one value stands there, or one camera."""
    for end in range(1, len(place) + 1):
        if not is_section(place[: end - 1]):
            return f"no such key, {key_of(place[: end - 1])} is one value"
        if _kind_or_none(place[:end]) is None:
            return unknown_key(place[:end])
    is_camera = len(place) == 2 and place[0] == "cameras"
    return "" if is_camera or not is_section(place) else "is a section, name one of its keys"


def is_section(place: Place) -> bool:
    """Whether keys stand at a place, and not one value."""
    kind = _kind_or_none(place)
    return kind is Settings or is_dataclass(kind) or get_origin(kind) is dict


def unknown_key(place: Place) -> str:
    """What to say of a key that does not belong where it stands."""
    if len(place) == 3 and place[0] == "cameras" and place[2] in Settings.model_fields:
        return f"is the same for all cameras, of its own a camera may have {', '.join(CAMERA_SECTIONS)}"
    fields = list(_fields(_kind(place[:-1])))
    known = [*fields, *(SHORTHANDS if len(place) == 1 else ())]
    near = get_close_matches(place[-1], [key for key in known if key != place[-1]], n=1)
    return f"no such key, did you mean {near[0]}?" if near else f"no such key, there is {', '.join(fields)}"


def _kind(place: Place) -> Any:
    """The type that stands at a place of the tree."""
    kind: Any = Settings
    for step in place:
        kind = get_args(kind)[1] if get_origin(kind) is dict else _fields(kind)[step]
    return kind


def _kind_or_none(place: Place) -> Any:
    try:
        return _kind(place)
    except KeyError:
        return None


def _fields(kind: Any) -> dict[str, Any]:
    if is_dataclass(kind):
        return get_type_hints(kind)
    return {name: field.annotation for name, field in Settings.model_fields.items()}
