"""YuNet, the default detector: Wu, Peng and Yu, "YuNet: A Tiny Millisecond-level Face Detector", MIR 2023."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from mien.domain.errors import ModelCorrupt
from mien.domain.faces import Detections
from mien.inference.installed import InstalledModel
from mien.vision.detection.canvas_detector import CanvasDetector, CanvasNetwork
from mien.vision.detection.detector import DetectionSettings

Floats = NDArray[np.float32]

STRIDES = (8, 16, 32)
OUTPUTS = tuple(f"{kind}_{stride}" for kind in ("cls", "obj", "bbox", "kps") for stride in STRIDES)

LARGE_FACE_PX = 400
"""At 800 px on the canvas one of ten is missed."""


class YuNetDetector(CanvasDetector):
    """Finds faces with any file of YuNet's twelve outputs."""

    def __init__(self, model: InstalledModel, settings: DetectionSettings) -> None:
        super().__init__(model, settings, NETWORK)


def decode(outputs: Mapping[str, Floats], size: tuple[int, int], min_score: float) -> Detections:
    """All cells of at least ``min_score`` as detections in px of a canvas of ``size`` (width, height).

    The score is the geometric mean of class and objectness, boxes are centre offset and log size in strides, landmarks
    offsets in strides: as OpenCV's FaceDetectorYN reads the same file. Raises ModelCorrupt where outputs are missing.
    """
    if not set(OUTPUTS) <= set(outputs):
        raise ModelCorrupt(f"expected the outputs of YuNet, {', '.join(OUTPUTS)}; the file gives {', '.join(outputs)}")
    parts = []
    for stride in STRIDES:
        strength = np.clip(outputs[f"cls_{stride}"], 0, 1).ravel() * np.clip(outputs[f"obj_{stride}"], 0, 1).ravel()
        kept = np.flatnonzero(strength >= min_score * min_score)
        row, column = np.divmod(kept, size[0] // stride)
        cell = np.stack([column, row], axis=1).astype(np.float32)
        raw = outputs[f"bbox_{stride}"].reshape(-1, 4)[kept]
        centre = (raw[:, :2] + cell) * stride
        half = np.exp(raw[:, 2:]) * (stride / 2)
        points = (outputs[f"kps_{stride}"].reshape(-1, 5, 2)[kept] + cell[:, None]) * stride
        boxes = np.hstack([centre - half, centre + half]).astype(np.float32)
        parts.append(Detections(boxes, np.sqrt(strength[kept]), points.astype(np.float32)))
    return Detections.concat(parts)


NETWORK = CanvasNetwork(decode, large_face_px=LARGE_FACE_PX)
