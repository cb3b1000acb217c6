"""How fast a model's networks run on this machine, runtime beside runtime."""

import json
import platform
import statistics
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import Path

import numpy as np

from mien.inference.home_models import write_whole
from mien.inference.installed import InstalledModel
from mien.inference.measuring.reference import Given, tried_on
from mien.inference.model_card import ModelCard
from mien.inference.session import Floats, Precision, Runtime, Session

_WARM_UP = 3
_LEAST_RUNS, _MOST_RUNS = 10, 200
_SECONDS = 0.6
_BATCH = 32


@dataclass(frozen=True, slots=True)
class Speed:
    """One picture through all networks of a model: median milliseconds on one thread, and CPU milliseconds.

    ``per_second`` are pictures a second on all cores, with as many requests under way as there are cores. ``at`` says
    when it was measured and ``digest`` of which files; both are empty where that was not noted.
    """

    runtime: str
    precision: Precision
    ms: float
    cpu_ms: float
    per_second: float
    at: str = ""
    digest: str = ""


@dataclass(frozen=True, slots=True)
class MachineSpeeds:
    """Speeds of models by name, as measured on one machine; the last of them ``at``."""

    cpu: str
    at: str
    models: Mapping[str, tuple[Speed, ...]]

    def of(self, card: ModelCard) -> tuple[Speed, ...]:
        """Those of the files that a card has now; what was measured of others under its name says nothing."""
        return tuple(speed for speed in self.models.get(card.name, ()) if speed.digest == card.digest)


def time_model(
    model: InstalledModel,
    given: Given,
    alone: Iterable[Runtime],
    together: Iterable[Runtime],
    quantised: tuple[Path, ...] = (),
) -> tuple[Speed, ...]:
    """The speeds of a model in every precision that each runtime has and the model has files for.

    ``alone`` are runtimes of one thread, ``together`` the same ones over all cores, in the same order; ``quantised``
    are the int8 files, where there are any. The networks run on what ``given`` says.
    """
    found = []
    for single, whole in zip(alone, together, strict=True):
        for precision in single.precisions:
            paths = quantised if precision == "int8" else model.paths
            if not paths:
                continue
            one, every = (
                replace(model, paths=paths, runtime=runtime, precision=precision) for runtime in (single, whole)
            )
            ms, cpu_ms = _alone(_inputs(one, given))
            found.append(
                Speed(single.name, precision, ms, cpu_ms, _together(_inputs(every, given)), digest=model.card.digest)
            )
    return tuple(found)


def speeds_path(cache: Path) -> Path:
    """Where the speeds of this machine are kept."""
    return cache / "models" / "speeds.json"


def read_speeds(path: Path) -> MachineSpeeds:
    """What was measured here before; nothing where the file is absent or was written by something else."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        models = {name: tuple(Speed(**row) for row in rows) for name, rows in found["models"].items()}
        return MachineSpeeds(found["cpu"], found["at"], models)
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return MachineSpeeds("", "", {})


def write_speeds(path: Path, measured: Mapping[str, tuple[Speed, ...]], at: datetime) -> None:
    """Keep what was measured, beside what was measured on this machine before; raises ModelError."""
    before = read_speeds(path)
    cpu = cpu_name()
    now = at.isoformat(timespec="seconds")
    dated = {name: tuple(replace(speed, at=now) for speed in speeds) for name, speeds in measured.items()}
    models = {**(before.models if before.cpu == cpu else {}), **dated}
    text = json.dumps(asdict(MachineSpeeds(cpu, now, models)), indent=1)
    write_whole(path, lambda pending: pending.write_text(text, encoding="utf-8"))


def cpu_name() -> str:
    """What the machine calls its processor."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.machine())


def _inputs(model: InstalledModel, given: Given) -> list[tuple[Session, Floats]]:
    """Each network of a model and the picture it is timed on."""
    return [tried_on(model, file, given) for file in range(len(model.paths))]


def _alone(networks: Sequence[tuple[Session, Floats]]) -> tuple[float, float]:
    times: list[float] = []
    for session, picture in [*networks] * _WARM_UP:
        session.run(picture)
    cpu_began, began = time.process_time(), time.perf_counter()
    while len(times) < _LEAST_RUNS or (time.perf_counter() - began < _SECONDS and len(times) < _MOST_RUNS):
        started = time.perf_counter()
        for session, picture in networks:
            session.run(picture)
        times.append(time.perf_counter() - started)
    cpu_ms = (time.process_time() - cpu_began) / len(times) * 1000
    return round(statistics.median(times) * 1000, 3), round(cpu_ms, 3)


def _together(networks: Sequence[tuple[Session, Floats]]) -> float:
    batches = [(session, np.repeat(picture, _BATCH, axis=0)) for session, picture in networks]
    best = float("inf")
    for _ in range(3):
        started = time.perf_counter()
        for session, pictures in batches:
            session.run(pictures)
        best = min(best, time.perf_counter() - started)
    return round(_BATCH / best, 1)
