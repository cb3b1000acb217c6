"""UltraFace: Linzaer, "Ultra-Light-Fast-Generic-Face-Detector-1MB", 2019, as its ONNX files give it."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from mien.domain.faces import Detections
from mien.inference.installed import InstalledModel
from mien.vision.detection.canvas_detector import CanvasDetector, CanvasNetwork
from mien.vision.detection.detector import DetectionSettings
from mien.vision.detection.output_columns import columns

Floats = NDArray[np.float32]

STRETCH = 4 / 3
"""The network learned from pictures stretched to its own shape: a square or 16:9 one is stretched by a third."""


class UltraFaceDetector(CanvasDetector):
    """Finds faces with a file whose boxes are decoded by the network itself; landmarks are approximate."""

    def __init__(self, model: InstalledModel, settings: DetectionSettings) -> None:
        super().__init__(model, settings, NETWORK, model.load())


def decode(outputs: Mapping[str, Floats], size: tuple[int, int], min_score: float) -> Detections:
    """All priors of at least ``min_score`` in px of a canvas of ``size`` (width, height); landmarks are 0.

    The network gives probabilities (n, 2) of background and face, and corners (n, 4) in shares of the canvas. Raises
    ModelCorrupt where it does not.
    """
    heads = columns(outputs, {2: 1, 4: 1}, "UltraFace")
    scores = heads[2][0][:, 1]
    kept = np.flatnonzero(scores >= min_score)
    boxes = heads[4][0][kept] * np.tile(np.array(size, np.float32), 2)
    return Detections(boxes, scores[kept], np.zeros((len(kept), 5, 2), np.float32))


NETWORK = CanvasNetwork(decode, landmarks="approximate", fill=127, stretch=STRETCH)
