"""How right valence and arousal are told: errors, and agreement in the sense of concordance."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Rows = NDArray[np.floating[Any]]
NAMES = ("valence", "arousal")


@dataclass(frozen=True, slots=True)
class Level:
    """Of ``count`` pictures: mean squared and absolute error, its root, concordance and Pearson's correlation.

    Lin, "A Concordance Correlation Coefficient to Evaluate Reproducibility", Biometrics 1989. Correlations are 0 where
    one side says the same of all pictures.
    """

    mse: float
    mae: float
    rmse: float
    ccc: float
    pearson: float
    count: int


@dataclass(frozen=True, slots=True)
class Levels:
    """Both levels, each over the pictures for which it is known."""

    valence: Level
    arousal: Level

    @property
    def mean_ccc(self) -> float:
        """The mean concordance of those that are known of some pictures, 0 where none is."""
        known = [level.ccc for level in (self.valence, self.arousal) if level.count]
        return sum(known) / len(known) if known else 0.0


def level_quality(found: Rows, truth: Rows) -> Levels:
    """Judge valence and arousal (n, 2) against what is known (n, 2), NaN where it is missing."""
    return Levels(*(_level(found[:, column], truth[:, column]) for column in range(len(NAMES))))


def _level(found: Rows, truth: Rows) -> Level:
    is_known = np.isfinite(truth)
    if not is_known.any():
        return Level(float("nan"), float("nan"), float("nan"), 0.0, 0.0, 0)
    one, other = found[is_known].astype(np.float64), truth[is_known].astype(np.float64)
    errors = one - other
    covariance = float(((one - one.mean()) * (other - other.mean())).mean())
    spread, product = one.var() + other.var() + (one.mean() - other.mean()) ** 2, one.std() * other.std()
    mse = float((errors**2).mean())
    return Level(
        mse=mse,
        mae=float(np.abs(errors).mean()),
        rmse=mse**0.5,
        ccc=2 * covariance / spread if spread > 0 else 0.0,
        pearson=covariance / product if product > 0 else 0.0,
        count=int(is_known.sum()),
    )
