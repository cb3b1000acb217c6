"""Which models stand behind settings, and which place of them has each do something."""

from collections.abc import Collection, Iterable, Iterator

from mien.inference.catalog import Catalog
from mien.inference.session import ChosenPrecision
from mien.inference.standing.machine import Use
from mien.privacy.purpose import Purpose
from mien.settings.models import DEFAULT_LIVENESS, SECTIONS
from mien.settings.tree import CameraSettings, Settings
from mien.vision.detection.detector import DetectionSettings

FACE_MESH, EYES = "face-mesh", "eye-contours"
"""What measures landmarks for detectors without, and what tells open eyes from shut ones."""


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
    wanted = _let_run(settings) if tasks is None else [task for task in SECTIONS if task in tasks]
    chosen = [getattr(settings, task) for task in wanted]
    chosen += [camera.detection for camera in cameras]
    named = [(one.model, one.precision) for one in chosen if one.model]
    blind = _blind(catalog)
    is_meshed = any(_has_mesh(one, blind) for one in chosen)
    return tuple(dict.fromkeys([*named, *([(FACE_MESH, "auto")] if is_meshed else [])]))


def uses(settings: Settings, catalog: Catalog) -> tuple[Use, ...]:
    """Which places of settings have which model do something, those of cameras that are watched too.

    Who comes in by their face is judged by models of its own, which are fetched when the first one does.
    """
    places = {task: getattr(settings, task) for task in _let_run(settings)}
    places |= {f"cameras.{name}": camera.detection for name, camera in settings.cameras.items() if camera.enabled}
    blind = _blind(catalog)
    found = [Use(place, one.model, one.precision) for place, one in places.items() if one.model]
    found += [Use(place, FACE_MESH) for place, one in places.items() if _has_mesh(one, blind)]
    return (*found, *(_of_face_login(settings) if settings.service.face_login else ()))


def _of_face_login(settings: Settings) -> Iterator[Use]:
    place = "service.face_login"
    yield Use(place, FACE_MESH)
    yield Use(place, EYES)
    yield Use(place, settings.liveness.model or DEFAULT_LIVENESS, settings.liveness.precision)


def _let_run(settings: Settings) -> list[str]:
    """The tasks that settings let run."""
    allows_expressions = Purpose.of(settings.privacy).allows_expressions
    return [task for task in SECTIONS if task != "emotion" or allows_expressions]


def _blind(catalog: Catalog) -> frozenset[str]:
    """Detectors that see no landmarks."""
    return frozenset(card.name for card in catalog.cards("detection") if not card.has_landmarks)


def _has_mesh(chosen: object, blind: Collection[str]) -> bool:
    """Whether landmarks are measured for what does a task."""
    return isinstance(chosen, DetectionSettings) and chosen.landmarks == "measured" and chosen.model in blind
