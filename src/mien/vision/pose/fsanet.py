"""FSA-Net: head pose by a small network, several of them averaged."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from mien.domain.errors import ModelCorrupt
from mien.domain.faces import Detections, HeadPose
from mien.domain.frame import Pixels
from mien.inference.session import Session
from mien.vision.activations import check_finite
from mien.vision.alignment import cut
from mien.vision.network_input import NetworkInput

TO_MIEN = np.array([-1, 1, 1], np.float32)
"""The network counts yaw positive to the image's left."""


class FsaNet:
    """Averages the angles of networks that look at the same upright cut of a face.

    Yang et al., "FSA-Net: Learning Fine-Grained Structure Aggregation for Head Pose Estimation from a Single Image",
    CVPR 2019.
    """

    def __init__(self, sessions: Sequence[Session], network_input: NetworkInput) -> None:
        """``sessions`` give yaw, pitch and roll (n, 3) in degrees."""
        self._sessions = tuple(sessions)
        self._input = network_input

    def estimate(self, pixels: Pixels, detections: Detections) -> HeadPose:
        planes = self._input.planes(cut(pixels, detections, self._input.crop))
        found = [session.run(planes)[session.outputs[0]] for session in self._sessions]
        if any(angles.shape != (len(detections), 3) for angles in found):
            raise ModelCorrupt(f"expected three angles for each face, the network gives {found[0].shape[1:]}")
        with np.errstate(all="ignore"):  # what is no number is told
            angles: NDArray[np.float32] = np.mean(found, axis=0, dtype=np.float32) * TO_MIEN
        check_finite("the network gives angles", angles)
        return HeadPose(angles)
