"""What keeps the thresholds that were measured for a model: the protocol every store of calibrations fulfils."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from mien.domain.faces import EmbeddingModel


@dataclass(frozen=True, slots=True)
class KeptCalibration:
    """What was measured for a model, when, as numbers by name."""

    model: EmbeddingModel
    at: datetime
    figures: Mapping[str, float]


class CalibrationStore(Protocol):
    """Keeps of each model the last calibration. Safe for several threads and processes at once.

    Every method raises StoreError where the database cannot be used.
    """

    def keep(self, calibration: KeptCalibration) -> None:
        """Keep a calibration in place of the one before."""
        ...

    def of(self, model: EmbeddingModel) -> KeptCalibration | None:
        """The calibration of a model, or none."""
        ...

    def drop(self, model: EmbeddingModel) -> bool:
        """Let go of the calibration of a model; whether there was one."""
        ...
