"""Where values stand in the tree of settings, and what may stand there."""

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


def _fields(kind: Any) -> dict[str, Any]:
    if is_dataclass(kind):
        return get_type_hints(kind)
    return {name: field.annotation for name, field in Settings.model_fields.items()}
