"""Models of a test's own: a card for a file that no catalogue lists, or the one that importing it makes."""

from collections.abc import Callable
from pathlib import Path

from mien.inference.installed import InstalledModel
from mien.inference.model_card import InputLayout, ModelCard, Task
from mien.inference.session import Runtime
from mien.vision.importing import Imported

Bring = Callable[..., Imported]
"""Imports files as a family, under a ``name``, with ``labels`` and terms of ``use`` where they are given."""

Take = Callable[[str], InstalledModel]
"""Takes a model that mien ships by name; skips the test where it cannot be had."""


def installed(
    path: Path, runtime: Runtime, layout: InputLayout, family: str, task: Task = "detection"
) -> InstalledModel:
    """A file as a model of a family, called ``own``."""
    card = ModelCard(
        name="own",
        task=task,
        family=family,
        description="made by a test",
        licence_code="Apache-2.0",
        licence_weights="Apache-2.0",
        allowed_use="any",
        input=layout,
    )
    return InstalledModel(card, (path,), runtime)


def imported(found: Imported, runtime: Runtime) -> InstalledModel:
    """A model that was imported, from where it was converted."""
    return InstalledModel(found.card, tuple(found.files.values()), runtime)
