from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from typing import Any, get_type_hints

import pytest

from mien.settings import CameraSettings, Settings
from mien.settings.ranges import RANGES, allowed_range
from mien.settings.tree import CAMERA_SECTIONS


def numbers(section: Any, place: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], float]]:
    hints = get_type_hints(type(section))
    for field in fields(section):
        value = getattr(section, field.name)
        if is_dataclass(value):
            yield from numbers(value, (*place, field.name))
        elif hints[field.name] in (int, float):
            yield (*place, field.name), value


def all_numbers() -> dict[tuple[str, ...], float]:
    settings = Settings()
    found = {}
    for name in Settings.model_fields:
        section = getattr(settings, name)
        if is_dataclass(section):
            found |= dict(numbers(section, (name,)))
    return found | dict(numbers(CameraSettings(source="0"), ("cameras", "door")))


@pytest.mark.parametrize("place", sorted(all_numbers()), ids=".".join)
def test_every_number_has_a_range_and_a_default_inside_it(place: tuple[str, ...]) -> None:
    limits = allowed_range(place)
    assert limits is not None, f"{'.'.join(place)} needs a row in RANGES"
    assert limits[0] <= all_numbers()[place] <= limits[1]


def test_every_range_belongs_to_a_number() -> None:
    known = {".".join(place).replace("cameras.door", "cameras.*") for place in all_numbers()}
    assert set(RANGES) <= known


def test_sections_of_a_camera_are_sections_of_the_whole() -> None:
    hints = get_type_hints(CameraSettings)
    sections = {name for name, kind in hints.items() if is_dataclass(kind)}
    assert sections == set(CAMERA_SECTIONS)
    for name in sections:
        assert hints[name] is Settings.model_fields[name].annotation
