"""Which model does which task, and what follows from the choice: shorthands, and the settings a model's card brings."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, is_dataclass
from pathlib import Path
from typing import Any

from mien.inference.catalog import Catalog, load_catalog
from mien.inference.session import ChosenPrecision

SECTIONS = ("detection", "recognition", "emotion", "quality", "liveness", "pose")
"""The sections that name a model, by task."""

OPTIONAL = ("liveness", "pose")
"""Tasks that nobody has to choose a model for."""

SHORTHANDS = {"detector": "detection", "recognizer": "recognition"} | {name: name for name in SECTIONS[2:]}
"""What a model may be chosen by in one line: ``detector: yunet`` for ``detection: {model: yunet}``."""

DEFAULT_LIVENESS = "minifasnet"

_Brought = Mapping[tuple[str, ...], tuple[float, str]]

NO_MODEL = "none"
"""What stands in place of a name where a task that nobody needs is to be left out."""


@dataclass(frozen=True, slots=True)
class RecognitionSettings:
    """Which network tells people apart; ``model`` names a card of the catalogue."""

    model: str = "mobilefacenet"
    precision: ChosenPrecision = "auto"


@dataclass(frozen=True, slots=True)
class EmotionSettings:
    """Which network reads expressions; ``model`` names a card of the catalogue."""

    model: str = "fer8-mobilefacenet"
    precision: ChosenPrecision = "auto"


@dataclass(frozen=True, slots=True)
class QualitySettings:
    """What judges the picture of a face; ``model`` names a card of the catalogue."""

    model: str = "measured"
    precision: ChosenPrecision = "auto"


@dataclass(frozen=True, slots=True)
class LivenessSettings:
    """What tells live faces from pictures of faces; ``model`` names a card of the catalogue, ``""`` for nothing."""

    model: str = ""
    precision: ChosenPrecision = "auto"


@dataclass(frozen=True, slots=True)
class PoseSettings:
    """What tells where a head turns; ``model`` names a card of the catalogue, ``""`` for nothing."""

    model: str = "five-points"
    precision: ChosenPrecision = "auto"


def spelt_out(values: Mapping[str, Any]) -> dict[str, Any]:
    """Values with every shorthand for a model written as its section, which keeps what else it says.

    Of the optional tasks ``none`` or false leaves the task out; ``liveness: true`` is the default model.
    """
    spelt = {key: value for key, value in values.items() if key not in SHORTHANDS or _is_section(value)}
    for key, section in SHORTHANDS.items():
        value = values.get(key)
        if value is None or _is_section(value):
            continue
        if section in OPTIONAL and (value is False or value == NO_MODEL):
            value = ""
        elif section == "liveness" and value is True:
            value = DEFAULT_LIVENESS
        own = spelt.get(section)
        spelt[section] = {**(own if isinstance(own, Mapping) else {}), "model": value}
    return spelt


def _is_section(value: Any) -> bool:
    return isinstance(value, Mapping) or is_dataclass(value)


def chosen_twice(values: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Shorthands that stand beside a section which names a model too, and those sections."""
    for key, section in SHORTHANDS.items():
        own = values.get(section)
        if key == section or own is None or values.get(key) is None:
            continue
        if not isinstance(own, Mapping) or "model" in own:
            yield key, section


def brought(chosen: Mapping[str, str], catalog: Catalog) -> _Brought:
    """What the cards of models bring that were chosen by section: each value by its place, and the model it is of."""
    cards = {card.name: card for card in catalog.models}
    return {
        (section, key): (value, name)
        for name in chosen.values()
        if name in cards
        for section, key, value in _places(cards[name].settings)
    }


def with_brought(values: Mapping[str, Any], camera_sections: tuple[str, ...], home: Path | None) -> dict[str, Any]:
    """Values with what the cards of the chosen models bring, where the values themselves are silent.

    A detector's scores and a recogniser's similarities have scales of their own: a model that is swapped for another in
    one line is judged by its own.
    """
    cameras = values.get("cameras")
    cameras = cameras if isinstance(cameras, Mapping) else {}
    if not any(_chosen(tree) for tree in (values, *cameras.values())):
        return dict(values)
    catalog = load_catalog(home=home)
    filled: dict[str, Any] = _filled(values, brought(_chosen(values), catalog))
    if not cameras:
        return filled
    return {
        **filled,
        "cameras": {
            name: _filled(own, _within(brought({**_chosen(values), **_chosen(own)}, catalog), camera_sections))
            for name, own in cameras.items()
        },
    }


def _chosen(values: Any) -> dict[str, str]:
    """The models that a tree of raw values names, by section."""
    if not isinstance(values, Mapping):
        return {}
    named = ((section, values.get(section)) for section in SECTIONS)
    return {
        section: own["model"]
        for section, own in named
        if isinstance(own, Mapping) and isinstance(own.get("model"), str)
    }


def _places(settings: Mapping[str, float]) -> Iterator[tuple[str, str, float]]:
    for place, value in settings.items():
        section, _, key = place.partition(".")
        yield section, key, value


def _within(brought: _Brought, sections: tuple[str, ...]) -> _Brought:
    return {place: one for place, one in brought.items() if place[0] in sections}


def _filled(values: Any, brought: _Brought) -> Any:
    if not isinstance(values, Mapping):
        return values
    filled = dict(values)
    for (section, key), (value, _) in brought.items():
        own = filled.get(section, {})
        if isinstance(own, Mapping) and key not in own:
            filled[section] = {**own, key: value}
    return filled
