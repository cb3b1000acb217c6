"""The judges of pictures that are compared: each says one number of a face, higher for better pictures."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from mien.domain.faces import Detections, Recognition
from mien.domain.frame import Pixels
from mien.vision.quality.embedded import embedded_quality
from mien.vision.quality.measured_assessor import MeasuredAssessor
from mien.vision.quality.network_assessor import QualityNetwork

BUILT_IN = "built-in"


@dataclass(frozen=True, slots=True)
class SeenFace:
    """The face that a picture is about: where it is, how it was cut (s, s, c), and what the recogniser said of it."""

    pixels: Pixels
    detections: Detections
    crop: NDArray[np.uint8]
    recognition: Recognition


Judge = Callable[[SeenFace], float]
"""Safe to call from several threads at once."""


def judges(networks: Mapping[str, QualityNetwork]) -> Mapping[str, Judge]:
    """Mien's own way of judging, the usual stand-ins, and networks that were made for it, by name."""
    return {
        BUILT_IN: BuiltIn(),
        "sharpness": sharpness,
        "detection-score": lambda face: float(face.detections.scores[0]),
        "embedding-norm": lambda face: float(face.recognition.norms[0]),
        **{name: _asked(network) for name, network in networks.items()},
    }


def sharpness(face: SeenFace) -> float:
    """Variance of the Laplacian of the cut face (Pech-Pacheco et al., ICPR 2000)."""
    grey = cv2.cvtColor(face.crop, cv2.COLOR_BGR2GRAY) if face.crop.shape[2] == 3 else face.crop
    return float(cv2.Laplacian(grey, cv2.CV_32F).var())


class BuiltIn:
    """Quality as the pipeline tells it of a face that was just embedded."""

    def __init__(self) -> None:
        self._measured = MeasuredAssessor()

    def __call__(self, face: SeenFace) -> float:
        measured = self._measured.assess(face.pixels, face.detections)
        return float(embedded_quality(measured, face.recognition).scores[0])


def _asked(network: QualityNetwork) -> Judge:
    return lambda face: float(network.numbers(face.pixels, face.detections)[0])
