"""The models mien knows: those it ships cards of, and those that were imported into a home."""

import json
import logging
import tomllib
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from mien.domain.errors import ModelError, ModelUnknown
from mien.inference.model_card import Family, ModelCard

_SHIPPED = Path(__file__).with_name("catalog.toml")
_FAMILIES = Path(__file__).with_name("families.toml")
_MEASURED = Path(__file__).with_name("measured.json")
_TERMS = ("upstream", "licence_code", "licence_weights", "allowed_use", "use_note")
_INHERITED = (
    "task",
    *_TERMS,
    "input",
    "output",
    "labels",
    "data",
    "limits",
    "thresholds",
    "settings",
    "has_landmarks",
    "embedding_sizes",
)

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Catalog:
    """Model cards and families by name."""

    models: tuple[ModelCard, ...]
    families: Mapping[str, Family]

    def card(self, name: str, task: str | None = None) -> ModelCard:
        """The card of a name, for a task where one is given; raises ModelUnknown, which names what comes close."""
        names = [card.name for card in self.cards(task)]
        for card in self.models:
            if card.name == name:
                if task not in (None, card.task):
                    raise ModelUnknown(f"{name} is a {card.task} model; for {task} there is {', '.join(names)}")
                return card
        raise ModelUnknown(f"no {f'{task} ' if task else ''}model is called {name!r}; {_near(name, names)}")

    def cards(self, task: str | None = None) -> tuple[ModelCard, ...]:
        """The cards of one task, or all, in the order of the file."""
        return tuple(card for card in self.models if task in (None, card.task))

    def embedding_sizes(self, network: str) -> tuple[int, ...]:
        """How many numbers of a face a network may give, by what tells it from others; none where nobody knows."""
        return next((card.embedding_sizes for card in self.models if card.network == network), ())

    def family(self, name: str) -> Family:
        """The family of a name; raises ModelUnknown, which names the ones that come close."""
        if name not in self.families:
            raise ModelUnknown(f"no family is called {name!r}; {_near(name, list(self.families))}")
        return self.families[name]


def load_catalog(path: Path = _SHIPPED, home: Path | None = None) -> Catalog:
    """Read a catalogue, and the cards of the models that a home holds (``home/models/*.card.json``).

    Raises ModelError where the catalogue is none: unknown keys, missing keys, a name or file twice. A card of the home
    that is none, or that takes a name or file of the catalogue, is left out with a warning.
    """
    cards = _shipped_cards(path, path.stat().st_mtime_ns if path.exists() else 0)
    return Catalog((*cards, *(_home_cards(home, cards) if home else ())), _families())


def read_card(path: Path) -> ModelCard:
    """The card of a model in a home; raises ModelError."""
    return replace(_cards(path.name, [_read(path, json.loads)], _families())[0], is_imported=True)


def write_card(card: ModelCard) -> str:
    """A card as the JSON text that `read_card` reads."""
    text: bytes = _adapter(ModelCard).dump_json(card, indent=2)
    return text.decode()


def inherited(family: str, row: Mapping[str, Any]) -> ModelCard:
    """A card of a family, which says what the row does not; raises ModelError."""
    return _cards(f"the card of {row.get('name')}", [{"family": family, **row}], _families())[0]


@cache
def _shipped_cards(path: Path, _modified_ns: int) -> tuple[ModelCard, ...]:
    """The cards of a catalogue, with what was measured of them."""
    shipped = _read(path, lambda text: tomllib.loads(text).get("models"))
    measured = _read(_MEASURED, json.loads)
    rows = [{"measured": measured.get(row.get("name"), ()), **row} for row in shipped]
    cards = tuple(_cards(path.name, rows, _families()))
    for what, values in (("name", [card.name for card in cards]), ("file", list(_files(cards)))):
        twice = [value for value, count in Counter(values).items() if count > 1]
        if twice:
            raise ModelError(f"{path.name} has the {what} {twice[0]!r} twice")
    return cards


@cache
def _families() -> Mapping[str, Family]:
    tables = _read(_FAMILIES, tomllib.loads)
    return {name: _valid(Family, _FAMILIES.name, {"name": name, **table}) for name, table in tables.items()}


def _home_cards(home: Path, shipped: Iterable[ModelCard]) -> Iterable[ModelCard]:
    """The cards of a home that can be used beside the shipped ones."""
    names, files = {card.name for card in shipped}, set(_files(shipped))
    for path in sorted((home / "models").glob("*.card.json")):
        try:
            card = _home_card(path, path.stat().st_mtime_ns)
        except FileNotFoundError:  # removed just now
            continue
        if card is None:
            continue
        if card.name in names or not files.isdisjoint(_files([card])):
            _log.warning("%s is left out: mien itself has a model or a file of its name", path)
            continue
        names.add(card.name)
        files.update(_files([card]))
        yield card


@cache
def _home_card(path: Path, _modified_ns: int) -> ModelCard | None:
    """A card of a home; None, said once, for what is none."""
    name = path.name.removesuffix(".card.json")
    try:
        card = read_card(path)
        if card.name != name:
            raise ModelError(f"it is the card of {card.name}")
    except ModelError as error:
        _log.warning("%s is left out, mien models remove %s removes it: %s", path, name, error)
        return None
    return card


def _cards(origin: str, rows: Any, families: Mapping[str, Family]) -> list[ModelCard]:
    return [_valid(ModelCard, origin, _with_family(row, families)) for row in rows]


def _with_family(row: Any, families: Mapping[str, Family]) -> Mapping[str, Any]:
    name = row.get("family") if isinstance(row, Mapping) else None
    if name is None:
        raise ModelError("a card without a family is no card of a model")
    family = families.get(name) if isinstance(name, str) else None
    if family is None:
        raise ModelError(f"the model {row.get('name')} is of the family {name}, there is {', '.join(families)}")
    return {**{key: getattr(family, key) for key in _INHERITED}, **row}


def _valid(kind: Any, origin: str, row: Mapping[str, Any]) -> Any:
    try:
        return _adapter(kind).validate_python(row)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(step) for step in (row.get("name", "?"), *first["loc"]))
        raise ModelError(f"{origin} is no catalogue of models: {place}: {first['msg']}") from error


@cache
def _adapter(kind: Any) -> TypeAdapter[Any]:
    return TypeAdapter(kind)


def _read(path: Path, parse: Any) -> Any:
    try:
        found = parse(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:  # TOML's and JSON's errors are ValueErrors
        raise ModelError(f"{path.name} is no catalogue of models: {error}") from error
    if not isinstance(found, dict | list):
        raise ModelError(f"{path.name} is no catalogue of models: it has no models")
    return found


def _files(cards: Iterable[ModelCard]) -> Iterable[str]:
    """The names of all files; one that serves several models counts once."""
    for file in {file for card in cards for file in card.files}:
        yield file.file
        if file.conversion:
            yield file.conversion.file


def _near(name: str, names: list[str]) -> str:
    close = get_close_matches(name, names, cutoff=0.5)
    return f"did you mean {' or '.join(close)}?" if close else f"there is {', '.join(names)}"
