"""Where boxes will be: a Kalman filter over all tracks at once, of constant velocity that is slowly forgotten.

Centre and size of a box are four numbers that move independently of each other, so the filter is four filters of two
states (value, rate) whose covariance is written out by hand: no matrix is inverted. Rates decay, driven by white
noise: an Ornstein-Uhlenbeck process and its integral (Gillespie, "Exact numerical simulation of the Ornstein-Uhlenbeck
process and its integral", Physical Review E 54, 1996), which is constant velocity over short times and stands still
over long ones. Two predictions in a row equal one over their sum, whatever the frame rate and whatever was skipped.
"""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from mien.domain.faces import Indices
from mien.domain.geometry import Floats

# In face sizes (square root of the box's area), so that one setting serves near and far faces; centre x, centre y,
# width, height. Fitted to YuNet's boxes of walking, acting and speaking people, before fixed and shaken cameras.
_ACCELERATION = np.array([5.0, 5.0, 1.0, 1.0])  # sizes per s^1.5
_MEASUREMENT_STD = np.array([0.015, 0.015, 0.03, 0.03])  # sizes
_FIRST_RATE_STD = np.array([2.0, 2.0, 0.5, 0.5])  # sizes per s
_MEMORY_S = 0.4  # in which a rate falls to 1/e; at constant velocity, four frames ahead is worse than no motion at all
_LEAST_SIDE_PX = 1.0


@dataclass(frozen=True, slots=True)
class BoxStates:
    """n moving boxes: ``values`` and ``rates`` (n, 4) of centre x, centre y, width, height in px and px/s.

    ``variances`` (n, 4, 3): of the value, of value and rate together, of the rate.
    """

    values: NDArray[np.float64]
    rates: NDArray[np.float64]
    variances: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.values)

    @classmethod
    def resting(cls, boxes: Floats) -> Self:
        """Boxes (n, 4) seen for the first time, of unknown velocity."""
        values = _centred(boxes)
        size = _sizes(values)
        variances = np.zeros((len(values), 4, 3))
        variances[:, :, 0] = np.square(_MEASUREMENT_STD * size)
        variances[:, :, 2] = np.square(_FIRST_RATE_STD * size)
        return cls(values, np.zeros_like(values), variances)

    @classmethod
    def concat(cls, first: Self, second: Self) -> Self:
        return cls(
            np.concatenate([first.values, second.values]),
            np.concatenate([first.rates, second.rates]),
            np.concatenate([first.variances, second.variances]),
        )

    def select(self, which: Indices) -> Self:
        return type(self)(self.values[which], self.rates[which], self.variances[which])

    def replaced(self, row: int, state: Self) -> Self:
        """The same n boxes, one of them in another state, which is given as one row."""
        values, rates, variances = self.values.copy(), self.rates.copy(), self.variances.copy()
        values[row], rates[row], variances[row] = state.values[0], state.rates[0], state.variances[0]
        return type(self)(values, rates, variances)

    def boxes(self) -> Floats:
        """Boxes (n, 4) x1 y1 x2 y2 px, at least 1 px wide and high."""
        half = np.maximum(self.values[:, 2:], _LEAST_SIDE_PX) / 2
        centres = self.values[:, :2]
        return np.concatenate([centres - half, centres + half], axis=1).astype(np.float32)

    def after(self, elapsed_s: float) -> Self:
        """Where they will be, and how surely."""
        kept = np.exp(-elapsed_s / _MEMORY_S)
        reach = _MEMORY_S * (1 - kept)
        noise = np.square(_ACCELERATION * _sizes(self.values))
        value, both, rate = np.moveaxis(self.variances, 2, 0)
        variances = np.stack(
            [
                value
                + 2 * reach * both
                + reach**2 * rate
                # what noise adds to the value, to both and to the rate while the rate decays
                + noise * _MEMORY_S**2 * (elapsed_s - 2 * reach + _MEMORY_S * (1 - kept**2) / 2),
                kept * both + kept * reach * rate + noise * reach**2 / 2,
                kept**2 * rate + noise * _MEMORY_S * (1 - kept**2) / 2,
            ],
            axis=2,
        )
        return type(self)(self.values + self.rates * reach, self.rates * kept, variances)

    def corrected(self, which: Indices, boxes: Floats) -> Self:
        """The same n boxes after those of an index list were seen at ``boxes`` (k, 4)."""
        found = _centred(boxes)
        value, both, rate = np.moveaxis(self.variances[which], 2, 0)
        measurement = np.square(_MEASUREMENT_STD * _sizes(found))
        gain, gain_rate = value / (value + measurement), both / (value + measurement)
        surprise = found - self.values[which]
        values, rates, variances = self.values.copy(), self.rates.copy(), self.variances.copy()
        values[which] += gain * surprise
        rates[which] += gain_rate * surprise
        variances[which] = np.stack([gain * measurement, gain_rate * measurement, rate - gain_rate * both], axis=2)
        return type(self)(values, rates, variances)


def _centred(boxes: Floats) -> NDArray[np.float64]:
    wide = boxes.astype(np.float64)
    return np.concatenate([(wide[:, :2] + wide[:, 2:]) / 2, wide[:, 2:] - wide[:, :2]], axis=1)


def _sizes(values: NDArray[np.float64]) -> NDArray[np.float64]:
    sides = np.maximum(values[:, 2:], _LEAST_SIDE_PX)
    sizes: NDArray[np.float64] = np.sqrt(sides[:, :1] * sides[:, 1:])
    return sizes
