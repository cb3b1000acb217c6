"""What says where heads turn: the protocol every estimator fulfils."""

from typing import Protocol

from mien.domain.faces import Detections, HeadPose
from mien.domain.frame import Pixels


class PoseEstimator(Protocol):
    """Estimates where heads turn. Safe to call from several threads at once."""

    def estimate(self, pixels: Pixels, detections: Detections) -> HeadPose:
        """Yaw, pitch and roll of each of n faces of a picture."""
        ...
