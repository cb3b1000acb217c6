"""What measuring a model means: from an installed model to a few numbers, each with the material it holds on."""

from collections.abc import Callable, Sequence

from mien.evaluation.verification import wilson as wilson
from mien.inference.installed import InstalledModel
from mien.inference.model_card import Measurement

Measure = Callable[[InstalledModel], Sequence[Measurement]]


def rounded(interval: tuple[float, float], digits: int = 3) -> tuple[float, float]:
    """An interval for people to read."""
    return round(interval[0], digits), round(interval[1], digits)
