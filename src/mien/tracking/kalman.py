"""Where boxes will be: a constant-velocity Kalman filter over all tracks at once.

Centre and size of a box are four numbers that move independently of each other, so the filter is four filters of two
states (value, rate) whose covariance is written out by hand: no matrix is inverted. The process noise is white
acceleration integrated over the time that passed (Bar-Shalom, Li, Kirubarajan, "Estimation with Applications to
Tracking and Navigation", 2001, 6.2.2), so that two predictions in a row equal one over their sum, whatever the frame
rate and whatever was skipped.
"""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from mien.domain.faces import Indices
from mien.domain.geometry import Floats

# In face sizes (square root of the box's area), so that one setting serves near and far faces; centre x, centre y,
# width, height. Fitted by likelihood to YuNet's boxes of walking, acting and speaking people.
_ACCELERATION = np.array([2.5, 2.5, 1.0, 1.0])  # sizes per s^1.5
_MEASUREMENT_STD = np.array([0.015, 0.015, 0.03, 0.03])  # sizes
_FIRST_RATE_STD = np.array([2.0, 2.0, 0.5, 0.5])  # sizes per s
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

    def boxes(self) -> Floats:
        """Boxes (n, 4) x1 y1 x2 y2 px, at least 1 px wide and high."""
        half = np.maximum(self.values[:, 2:], _LEAST_SIDE_PX) / 2
        centres = self.values[:, :2]
        return np.concatenate([centres - half, centres + half], axis=1).astype(np.float32)

    def after(self, elapsed_s: float) -> Self:
        """Where they will be, and how surely."""
        noise = np.square(_ACCELERATION * _sizes(self.values))
        value, both, rate = self.variances[:, :, 0], self.variances[:, :, 1], self.variances[:, :, 2]
        variances = np.stack(
            [
                value + 2 * elapsed_s * both + elapsed_s**2 * rate + noise * elapsed_s**3 / 3,
                both + elapsed_s * rate + noise * elapsed_s**2 / 2,
                rate + noise * elapsed_s,
            ],
            axis=2,
        )
        return type(self)(self.values + self.rates * elapsed_s, self.rates, variances)

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
    return np.sqrt(sides[:, :1] * sides[:, 1:])
