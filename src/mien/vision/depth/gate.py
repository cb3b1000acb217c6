"""Which detections of a picture with depth are heads, and which are too near, too far, or pictures of somebody."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from mien.vision.depth.relief import Readings, read_reliefs

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from mien.domain.faces import Detections

_LEAST_MEASURED = 0.3  # of the middle of the box: less says nothing of where the face is


@dataclass(frozen=True, slots=True)
class DepthSettings:
    """What the depth of a picture is used for; pictures without depth are as they would be without these settings.

    With ``gate`` a face counts only where the middle of its box is ``near_m`` to ``far_m`` away along the optical axis,
    and where it stands out: ``min_relief`` is how much of the relief of an average face it must have, 0 for flat ones
    too. With ``mask_background`` whatever is beyond ``far_m``, and what was not measured outside the people, is
    painted grey before anything looks at the picture; a picture without depth is grey all over then.
    """

    gate: bool = True
    near_m: float = 0.3
    far_m: float = 4.0
    min_relief: float = 0.55
    mask_background: bool = False

    def __post_init__(self) -> None:
        if self.near_m >= self.far_m:
            raise ValueError(f"near_m must be below far_m, got {self.near_m:g} and {self.far_m:g}")


@dataclass(frozen=True, slots=True)
class Verdicts:
    """Of n detections, which are refused (n,), and which (n,) were seen to be heads; the others could not be judged."""

    is_refused: "NDArray[np.bool_]"
    is_head: "NDArray[np.bool_]"


class DepthGate:
    """Judges detections by the depth in their boxes; holds nothing of the pictures, and serves any number of threads.

    Relief is judged only where it can be seen: enough of the face has to be measured, and the noise, taken from the
    depth itself, must be small against the relief of a face. Otherwise the face passes.
    """

    def __init__(self, settings: DepthSettings) -> None:
        self._settings = settings

    def judge(self, detections: "Detections", depth_mm: "NDArray[np.uint16]", size: tuple[int, int]) -> Verdicts:
        """Verdicts on the detections of a picture of ``size`` (width, height) px, by its depth (h, w) in mm.

        The depth shows the same view, 0 where it was not measured, and may be of another size.
        """
        limits = self._settings
        readings: Readings = read_reliefs(detections.boxes, depth_mm, size)
        is_placed = readings.measured >= _LEAST_MEASURED
        is_within = (readings.distance_mm >= 1000 * limits.near_m) & (readings.distance_mm <= 1000 * limits.far_m)
        if limits.min_relief > 0:
            is_flat = readings.is_judged & (readings.relief + readings.error < limits.min_relief)
            stands_out = readings.is_judged & (readings.relief - readings.error >= limits.min_relief)
        else:
            is_flat, stands_out = np.zeros_like(is_placed), np.ones_like(is_placed)
        return Verdicts(is_placed & (~is_within | is_flat), is_placed & is_within & stands_out)
