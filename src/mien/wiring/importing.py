"""Bringing models in: tried in a process of its own, for a foreign network may never end, and then kept in the home."""

from pathlib import Path
from tempfile import TemporaryDirectory

from mien.inference.catalog import load_catalog
from mien.inference.conversion.apart import call_apart
from mien.inference.home_models import HomeModels
from mien.inference.measuring.reference import as_text
from mien.settings.tree import Settings
from mien.sources.pixels import ArrayPixels
from mien.vision import importing
from mien.vision.importing import Imported, Wanted
from mien.vision.reference_scene import reference_scene

_DEADLINE_S = 300.0


def import_model(settings: Settings, wanted: Wanted, deadline_s: float = _DEADLINE_S) -> Imported:
    """Bring a checkpoint into the home as a model; raises ModelError or UsageError, and nothing is there then.

    ModelCorrupt too where the deadline passes, or the process that reads and tries the files dies of them.
    """
    what = f"{' and '.join(file.name for file in wanted.files)} cannot be imported as {wanted.family}"
    with TemporaryDirectory(prefix="mien-import-") as folder:
        scene = ArrayPixels(reference_scene())
        arguments = (wanted, settings.home, scene, Path(folder))
        found = call_apart(importing.import_on_every_runtime, *arguments, what=what, deadline_s=deadline_s)
        HomeModels(settings.home).add(found.card, found.files, as_text({found.card.name: found.stored}))
    return found


def check_model_name(settings: Settings, name: str) -> None:
    """Raise ModelError where nothing could be imported under a name, before somebody makes what is to have it."""
    importing.check_name(name, load_catalog(home=settings.home))
