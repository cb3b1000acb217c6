"""A perceptron of one hidden layer, over rows of numbers."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Perceptron:
    """``relu((x - mean) * scale @ first + first_bias) @ second + second_bias``: d numbers in, k out."""

    mean: Floats
    scale: Floats
    first: Floats
    first_bias: Floats
    second: Floats
    second_bias: Floats

    def answers(self, rows: Floats) -> Floats:
        """What it says (n, k) of rows (n, d)."""
        hidden = np.maximum((rows - self.mean) * self.scale @ self.first + self.first_bias, 0)
        said: Floats = hidden @ self.second + self.second_bias
        return said
