"""What each setting may be, as a JSON schema over the tree of their keys."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mien.inference.catalog import Catalog, load_catalog
from mien.inference.home_models import is_accepted
from mien.settings.changing.ground import FIXED
from mien.settings.descriptions import described
from mien.settings.models import OPTIONAL, SECTIONS
from mien.settings.ranges import allowed_range
from mien.settings.tree import Settings
from mien.settings.yaml_file import Place

_ANY = "*"
"""A camera of any name."""


def schema_of_settings(home: Path) -> dict[str, Any]:
    """The schema (JSON Schema 2020-12) with ranges, choices, and the models that there are for each task.

    Sections are spelt out where they stand. What is ``readOnly`` is not changed from a distance.
    """
    told = Settings.model_json_schema()
    spelling = _Spelling(told.get("$defs", {}), load_catalog(home=home))
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **spelling.spelt(told, ())}


class _Spelling:
    def __init__(self, definitions: Mapping[str, Any], catalog: Catalog) -> None:
        self._definitions = definitions
        self._catalog = catalog

    def spelt(self, node: Mapping[str, Any], place: Place) -> dict[str, Any]:
        """A node that stands by itself, with what this room knows of its place."""
        while "$ref" in node:
            name = str(node["$ref"]).rsplit("/", 1)[-1]
            node = {**self._definitions[name], **{key: value for key, value in node.items() if key != "$ref"}}
        told = {key: value for key, value in node.items() if key not in ("$defs", "title", "description")}
        if words := described(place):
            told["description"] = words
        if "properties" in told:
            told["properties"] = {key: self.spelt(own, (*place, key)) for key, own in told["properties"].items()}
            told["additionalProperties"] = False
        elif isinstance(told.get("additionalProperties"), Mapping):
            told["additionalProperties"] = self.spelt(told["additionalProperties"], (*place, _ANY))
        else:
            told |= self._bounds(place)
        if any(place[:end] in FIXED for end in range(1, len(place) + 1)):
            told["readOnly"] = True
        return told

    def _bounds(self, place: Place) -> dict[str, Any]:
        if limits := allowed_range(place):
            return {"minimum": limits[0], "maximum": limits[1]}
        if place[-1:] == ("model",) and place[-2] in SECTIONS:
            names = [card.name for card in self._catalog.cards(place[-2])]
            return {"enum": [*([""] if place[-2] in OPTIONAL else []), *names]}
        if place == ("accepted_models",):
            asking = [card.name for card in self._catalog.models if not is_accepted(card, {})]
            return {"items": {"type": "string", "enum": asking}}
        return {}
