"""Which detections of a picture with depth are heads, and which are too near, too far, or pictures of somebody."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import numpy as np

from mien.vision.depth.relief import Readings, read_reliefs
from mien.vision.depth.settings import DepthSettings

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from mien.domain.faces import Detections

_LEAST_MEASURED = 0.3  # of the middle of the box: less says nothing of where the face is


@dataclass(frozen=True, slots=True)
class Verdicts:
    """Of n detections, which are refused (n,), and which (n,) were seen to be heads; the others could not be judged."""

    is_refused: "NDArray[np.bool_]"
    is_head: "NDArray[np.bool_]"


class DepthGate:
    """Judges detections by the depth in their boxes; holds nothing of the pictures, and serves any number of threads.

    To lose a true face is worse than to keep a poster. So relief is judged only where it can be seen fairly: the face
    must be measured on all sides with nothing before it, and the noise, taken from the depth itself, must be small
    against the relief of a face. Otherwise the face passes.
    """

    def __init__(self, settings: DepthSettings) -> None:
        self._settings = settings

    @classmethod
    def of(cls, settings: DepthSettings) -> Self | None:
        """As the settings of a camera have it; none where depth decides nothing there."""
        return cls(settings) if settings.gate else None

    def judge(self, detections: "Detections", depth_mm: "NDArray[np.uint16]", size: tuple[int, int]) -> Verdicts:
        """Verdicts on the detections of a picture of ``size`` (width, height) px, by its depth (h, w) in mm.

        The depth shows the same view, 0 where it was not measured, and may be of another size.
        """
        limits = self._settings
        readings: Readings = read_reliefs(detections.boxes, depth_mm, size)
        is_placed = readings.measured >= _LEAST_MEASURED
        is_within = (readings.distance_mm >= 1000 * limits.near_m) & (readings.distance_mm <= 1000 * limits.far_m)
        if limits.min_relief > 0:
            stands_out = (readings.is_judged & (readings.relief - readings.error >= limits.min_relief)).any(axis=0)
            is_level = readings.is_judged & (np.abs(readings.relief) + readings.error < limits.min_relief)
            is_flat = is_level.any(axis=0) & ~stands_out
        else:
            is_flat, stands_out = np.zeros_like(is_placed), np.ones_like(is_placed)
        return Verdicts(is_placed & (~is_within | is_flat), is_placed & is_within & stands_out)
