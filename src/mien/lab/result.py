"""What every verb of the lab yields: one folder, whose ``metrics.json`` says what came of which recipe and pictures."""

import json
import math
import platform
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, is_dataclass
from pathlib import Path
from typing import Any

import numpy as np

from mien import __version__
from mien.domain.errors import ResultError, SourceNotFound, SourceUnreadable, UsageError

METRICS = "metrics.json"
ABOUT = "about.json"
"""Lies in the folder of a run, and of nothing else."""

Progress = Callable[[str, int, int], None]
"""Called with what is being done, how much of it is, and how much there is."""


def no_progress(what: str, done: int, total: int) -> None:
    """Tell nobody."""


@dataclass(frozen=True, slots=True)
class Result:
    """A folder, and what its ``metrics.json`` says. ``notices`` are what somebody should know of it, in sentences."""

    folder: Path
    metrics: Mapping[str, Any]
    notices: tuple[str, ...] = field(default=())


def check_free(folder: Path, verb: str = "") -> None:
    """Raise UsageError where something would be written in place of what a verb made, unless ``verb`` made it.

    A run is never written over; without a verb nothing is.
    """
    if (folder / ABOUT).exists():
        raise UsageError(f"{folder} is the folder of a run, whose {METRICS} would be lost: name another one")
    if (folder / METRICS).exists() and (made_by := read_json(folder / METRICS, "mien lab").get("verb")) != verb:
        raise UsageError(f"{folder} holds what mien lab {made_by} made, which would be lost: name another folder")


def write_result(folder: Path, verb: str, recipe: object, metrics: Mapping[str, Any], name: str = METRICS) -> None:
    """Write what a verb yields, as JSON, whole or not at all; raises ResultError."""
    about = {"verb": verb, "mien": __version__, "python": platform.python_version(), "recipe": recipe}
    write_json(folder / name, {**about, **metrics})


def write_json(path: Path, value: object) -> None:
    """Write JSON, whole or not at all; numbers that are not finite become null. Raises ResultError."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        pending = path.with_name(f"{path.name}.part")
        pending.write_text(json.dumps(plain(value), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
        pending.replace(path)
    except OSError as error:
        raise ResultError(f"{path} could not be written: {error.strerror or error}") from error


def read_json(path: Path, made_by: str) -> dict[str, Any]:
    """What a verb wrote; raises SourceNotFound, with the verb that makes it, and SourceUnreadable."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise SourceNotFound(f"{path.parent} holds no {path.name}: make it with {made_by}") from None
    except (OSError, ValueError) as error:
        raise SourceUnreadable(f"{path} cannot be read: {error}") from error
    if not isinstance(found, dict):
        raise SourceUnreadable(f"{path} holds no JSON object")
    return found


def plain(value: object) -> Any:
    """A value as JSON has it: dataclasses as objects, arrays as lists, paths as text, no number that is not finite."""
    if is_dataclass(value) and not isinstance(value, type):
        return plain(asdict(value))
    if isinstance(value, Mapping):
        return {str(key): plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(one) for one in value]
    if isinstance(value, np.ndarray | np.generic):
        return plain(value.tolist())
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value if value is None or isinstance(value, bool | int | str) else str(value)
