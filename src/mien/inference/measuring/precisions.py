"""How right and how fast one model is in each precision: measured when it is quantised, kept beside its int8 files."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from mien.inference.measuring.speed import Speed
from mien.inference.session import Precision

MOST_LOSS = 0.002
"""By how much the accuracy may fall for a model to be kept in int8: two tenths of a point."""

LEAST_ITEMS = 100
"""On fewer labelled items the precisions of a model are not compared: what one of them loses would hardly show."""


@dataclass(frozen=True, slots=True)
class PrecisionTable:
    """What was measured of one model.

    ``accuracy`` holds ``measure`` by precision, on the material that ``on`` names, of which no picture was calibrated
    on: ``measured_on`` counts its pairs, pictures or faces. ``calibrated_on`` counts the inputs that were, and
    ``left_in_f32`` names the layers that stayed as they are.
    """

    model: str
    measure: str
    on: str
    measured_on: int
    accuracy: Mapping[Precision, float]
    speeds: tuple[Speed, ...]
    calibrated_on: int
    layers: int
    left_in_f32: tuple[str, ...]
    cpu: str
    at: str

    @property
    def loss(self) -> float:
        """By how much int8 is less right than f32."""
        return self.accuracy["f32"] - self.accuracy["int8"]

    @property
    def step(self) -> float:
        """By how much one item changes the accuracy: what is smaller cannot be told on this material."""
        return 1 / self.measured_on

    @property
    def is_bearable(self) -> bool:
        """Whether int8 is as right as it has to be."""
        return self.loss <= MOST_LOSS + 1e-9

    def ms(self, runtime: str, precision: Precision) -> float | None:
        """Milliseconds of one picture on one thread, None where they were not measured."""
        found = (one.ms for one in self.speeds if (one.runtime, one.precision) == (runtime, precision))
        return next(found, None)


def as_text(table: PrecisionTable) -> str:
    """A table as the JSON that `read_precisions` reads."""
    return json.dumps(asdict(table), indent=1) + "\n"


def read_precisions(path: Path) -> PrecisionTable | None:
    """What was measured; None where the file is absent or was written by something else."""
    try:
        row = json.loads(path.read_text(encoding="utf-8"))
        speeds = tuple(Speed(**speed) for speed in row["speeds"])
        return PrecisionTable(**{**row, "speeds": speeds, "left_in_f32": tuple(row["left_in_f32"])})
    except (OSError, ValueError, TypeError, KeyError):
        return None
