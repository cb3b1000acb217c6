"""Models of a test's own: a card for a file that no catalogue lists."""

from pathlib import Path

from mien.inference.installed import InstalledModel
from mien.inference.model_card import InputLayout, ModelCard, Task
from mien.inference.session import Runtime


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
