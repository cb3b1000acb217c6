"""What measuring a model means: from an installed model to a few numbers, each with the material it holds on."""

from collections.abc import Callable, Sequence

import numpy as np

from mien.inference.installed import InstalledModel
from mien.inference.model_card import Measurement

Measure = Callable[[InstalledModel], Sequence[Measurement]]


def wilson(share: float, count: int) -> tuple[float, float]:
    """The 95 % interval of a share of so many (Wilson, 1927)."""
    z = 1.96
    middle = (share + z * z / (2 * count)) / (1 + z * z / count)
    half = z / (1 + z * z / count) * np.sqrt(share * (1 - share) / count + z * z / (4 * count * count))
    return round(float(middle - half), 4), round(float(middle + half), 4)


def rounded(interval: tuple[float, float], digits: int = 3) -> tuple[float, float]:
    """An interval for people to read."""
    return round(interval[0], digits), round(interval[1], digits)
