"""UltraFace: Linzaer, "Ultra-Light-Fast-Generic-Face-Detector-1MB", 2019, as its ONNX files give it."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from mien.domain.faces import Detections
from mien.inference.installed import InstalledModel
from mien.vision.detection.canvas_detector import CanvasDetector, CanvasNetwork
from mien.vision.detection.detector import DetectionSettings

Floats = NDArray[np.float32]

STRETCH = 4 / 3
"""The network learned from pictures stretched to its own shape: a square or 16:9 one is stretched by a third."""


class UltraFaceDetector(CanvasDetector):
    """Finds faces with a file whose boxes are decoded by the network itself; landmarks are approximate."""

    def __init__(self, model: InstalledModel, settings: DetectionSettings) -> None:
        super().__init__(model, settings, NETWORK, model.load())


def decode(outputs: Mapping[str, Floats], size: tuple[int, int], min_score: float) -> Detections:
    """All priors of at least ``min_score`` in px of a canvas of ``size`` (width, height); landmarks are 0.

    ``scores`` (n, 2) are probabilities of background and face, ``boxes`` (n, 4) corners in shares of the canvas.
    """
    scores = outputs["scores"].reshape(-1, 2)[:, 1]
    kept = np.flatnonzero(scores >= min_score)
    boxes = outputs["boxes"].reshape(-1, 4)[kept] * np.tile(np.array(size, np.float32), 2)
    return Detections(boxes, scores[kept], np.zeros((len(kept), 5, 2), np.float32))


NETWORK = CanvasNetwork(decode, landmarks="approximate", fill=127, stretch=STRETCH)
