"""The list of models mien knows, read from ``catalog.toml``."""

import tomllib
from collections import Counter
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

from pydantic import TypeAdapter, ValidationError, with_config

from mien.domain.errors import ModelError, ModelUnknown
from mien.inference.model_card import ModelCard

_SHIPPED = Path(__file__).with_name("catalog.toml")


@with_config(extra="forbid")
@dataclass(frozen=True, slots=True)
class Catalog:
    """Model cards by name."""

    models: tuple[ModelCard, ...]

    def card(self, name: str) -> ModelCard:
        """The card of a name; raises ModelUnknown, which names the ones that come close."""
        for card in self.models:
            if card.name == name:
                return card
        names = [card.name for card in self.models]
        near = get_close_matches(name, names, cutoff=0.5) or names
        raise ModelUnknown(f"no model is called {name!r}; there is {', '.join(near)}")

    def cards(self, task: str | None = None) -> tuple[ModelCard, ...]:
        """The cards of one task, or all, in the order of the file."""
        return tuple(card for card in self.models if task in (None, card.task))


def load_catalog(path: Path = _SHIPPED) -> Catalog:
    """Read a catalogue; raises ModelError where it is not one: unknown keys, missing keys, a name or file twice."""
    try:
        text = path.read_text(encoding="utf-8")
        catalog = TypeAdapter(Catalog).validate_python(tomllib.loads(text))
    except (OSError, ValueError) as error:  # TOML's and pydantic's errors are ValueErrors
        raise ModelError(f"{path.name} is no catalogue of models: {_reason(error)}") from error
    files = [file for card in catalog.models for file in _files(card)]
    for what, values in (("name", [card.name for card in catalog.models]), ("file", files)):
        twice = [value for value, count in Counter(values).items() if count > 1]
        if twice:
            raise ModelError(f"{path.name} has the {what} {twice[0]!r} twice")
    return catalog


def _files(card: ModelCard) -> tuple[str, ...]:
    return (card.file, card.conversion.file) if card.conversion else (card.file,)


def _reason(error: Exception) -> str:
    if not isinstance(error, ValidationError):
        return str(error)
    first = error.errors()[0]
    return f"{'.'.join(str(step) for step in first['loc'])}: {first['msg']}"
