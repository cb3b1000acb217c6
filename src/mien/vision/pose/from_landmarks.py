"""Head pose from the five landmarks of the detector, without a network."""

import numpy as np

from mien.domain.faces import Detections, HeadPose
from mien.domain.frame import Pixels
from mien.vision.orientation import orientation


class LandmarkPose:
    """Fits an average head to the landmarks: free, good for yaw and roll, rough for pitch."""

    def estimate(self, pixels: Pixels, detections: Detections) -> HeadPose:  # noqa: ARG002 - the landmarks say it all
        found = orientation(detections.landmarks)
        return HeadPose(np.stack([found.yaw, -found.pitch, found.roll], axis=1))
