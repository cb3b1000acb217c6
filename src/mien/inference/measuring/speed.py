"""How fast models are on this machine, and where that is kept."""

import json
import platform
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import Path

from mien.inference.home_models import write_whole
from mien.inference.model_card import ModelCard
from mien.inference.session import Precision

WITHOUT_RUNTIME = "mien"
"""What stands in place of a runtime where a model has no network."""

STEADY = 0.15
"""The spread that a number which can be relied on may have."""


@dataclass(frozen=True, slots=True)
class Speed:
    """One picture, or one face, through all that a model does with it: milliseconds on one thread, of time and of CPU.

    ``per_second`` are those a second on all cores, with as many under way as there are cores. Each is the best of some
    rounds; ``spread`` is how much longer the middle one of them took, as a share. ``at`` says when it was measured and
    ``digest`` of which files; both are empty where that was not noted.
    """

    runtime: str
    precision: Precision
    ms: float
    cpu_ms: float
    per_second: float
    at: str = ""
    digest: str = ""
    spread: float = 0.0

    @property
    def is_steady(self) -> bool:
        """Whether the rounds agree: where they do not, something else kept the machine busy."""
        return self.spread <= STEADY


@dataclass(frozen=True, slots=True)
class MachineSpeeds:
    """Speeds of models by name, as measured on one machine; the last of them ``at``."""

    cpu: str
    at: str
    models: Mapping[str, tuple[Speed, ...]]

    def of(self, card: ModelCard) -> tuple[Speed, ...]:
        """Those of the files that a card has now; what was measured of others under its name says nothing."""
        return tuple(speed for speed in self.models.get(card.name, ()) if speed.digest == card.digest)


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
