"""Which models stand behind settings."""

from collections.abc import Collection, Iterable

from mien.inference.catalog import Catalog
from mien.inference.session import ChosenPrecision
from mien.privacy.purpose import Purpose
from mien.settings.models import SECTIONS
from mien.settings.tree import CameraSettings, Settings
from mien.vision.detection.detector import DetectionSettings

FACE_MESH = "face-mesh"
"""What measures landmarks for detectors without."""


def models_behind(
    settings: Settings,
    catalog: Catalog,
    tasks: Collection[str] | None = None,
    cameras: Iterable[CameraSettings] = (),
) -> tuple[tuple[str, ChosenPrecision], ...]:
    """The models that some tasks need and the detectors of some cameras, each with its precision, none twice.

    Where no tasks are named they are all that the settings let run: see `Purpose` for expressions.

    Behind a detector without landmarks stands the face mesh, unless they are to be approximate.
    """
    if tasks is None:
        tasks = [task for task in SECTIONS if task != "emotion" or Purpose.of(settings.privacy).allows_expressions]
    chosen = [getattr(settings, task) for task in SECTIONS if task in tasks]
    chosen += [camera.detection for camera in cameras]
    without = {card.name for card in catalog.cards("detection") if not card.has_landmarks}
    measured = {one.model for one in chosen if isinstance(one, DetectionSettings) and one.landmarks == "measured"}
    named = [(one.model, one.precision) for one in chosen if one.model]
    return tuple(dict.fromkeys([*named, *([(FACE_MESH, "auto")] if measured & without else [])]))
