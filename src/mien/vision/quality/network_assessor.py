"""Picture quality by a network that was trained to foretell it; what is wrong is measured, for networks do not say."""

from collections.abc import Mapping
from types import MappingProxyType

from mien.domain.errors import ModelCorrupt
from mien.domain.faces import Detections, Quality
from mien.domain.frame import Pixels
from mien.inference.session import Session
from mien.vision.activations import check_finite
from mien.vision.alignment import cut
from mien.vision.network_input import NetworkInput
from mien.vision.quality.measured_assessor import Curve, Floats, MeasuredAssessor

QUALITY = "quality"
"""The output that is read, where a network has more than one."""

# Measured like those of the built-in assessor: 300 LFW pairs of one person, one picture of each spoilt in seven ways.
LIGHTQNET = Curve(
    "uncertain",
    (0.0, 0.06, 0.14, 0.26, 0.35, 0.42, 0.49, 0.54, 0.57, 0.59, 0.62),
    (0.05, 0.18, 0.27, 0.39, 0.46, 0.56, 0.63, 0.78, 0.86, 0.93, 1.0),
)
QUALITYFACE = Curve(
    "uncertain", (0.2, 0.33, 0.44, 0.5, 0.55, 0.6, 0.65, 0.7, 0.95), (0.0, 0.24, 0.38, 0.48, 0.58, 0.68, 0.8, 0.9, 1.0)
)
CURVES: Mapping[str, Curve] = MappingProxyType({"lightqnet": LIGHTQNET, "qualityface": QUALITYFACE})
"""By family: what share of its similarity a face keeps at an output of the network.

CR-FIQA has none: its number, a ratio of similarities to classes of its training, has no scale that was measured here.
"""


class QualityNetwork:
    """Any network with one face in and one number out, higher for better pictures.

    Chen, Yi and Lv, "LightQNet: Lightweight Deep Face Quality Assessment for Risk-Controlled Face Recognition", IEEE
    SPL 2021; Boutros et al., "CR-FIQA: Face Image Quality Assessment by Learning Sample Relative Classifiability", CVPR
    2023.
    """

    def __init__(self, session: Session, network_input: NetworkInput) -> None:
        self._session = session
        self._output = QUALITY if QUALITY in session.outputs else session.outputs[0]
        self._input = network_input

    def numbers(self, pixels: Pixels, detections: Detections) -> Floats:
        """What the network says of n faces of a picture, (n,), on a scale of its own; raises ModelCorrupt."""
        crops = cut(pixels, detections, self._input.crop)
        found = self._session.run(self._input.planes(crops))[self._output]
        if found.size != len(detections):
            raise ModelCorrupt(f"expected one number for each face, the network gives {found.shape[1:]}")
        check_finite("the network gives qualities", found)
        numbers: Floats = found.reshape(len(detections))
        return numbers


class NetworkAssessor:
    """The number of a network goes through a rising curve, so that a score means what it means of the built-in one."""

    def __init__(self, network: QualityNetwork, curve: Curve) -> None:
        self._network = network
        self._curve = curve
        self._measured = MeasuredAssessor()

    def assess(self, pixels: Pixels, detections: Detections) -> Quality:
        scores = self._curve.share(self._network.numbers(pixels, detections))
        return Quality(scores, self._measured.limits(pixels, detections).reasons(scores, self._curve.reason))
