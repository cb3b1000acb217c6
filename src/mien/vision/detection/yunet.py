"""YuNet (Wu et al., "YuNet: A Tiny Millisecond-level Face Detector", 2023), with the 12 outputs of its 2023mar file."""

from collections import OrderedDict
from pathlib import Path
from threading import Lock

import cv2
import numpy as np
from numpy.typing import NDArray

from mien.domain.faces import Detections
from mien.domain.frame import Pixels
from mien.inference.session import Runtime, Session
from mien.vision.detection.detector import DetectionSettings

Floats = NDArray[np.float32]

STRIDES = (8, 16, 32)


def decode(outputs: dict[str, Floats], width: int, min_score: float) -> Detections:
    parts = []
    for stride in STRIDES:
        cls, obj = outputs[f"cls_{stride}"].ravel(), outputs[f"obj_{stride}"].ravel()
        strength = np.clip(cls, 0, 1) * np.clip(obj, 0, 1)
        kept = np.flatnonzero(strength >= min_score**2)
        row, column = np.divmod(kept, width // stride)
        cell = np.stack([column, row], axis=1).astype(np.float32)
        raw = outputs[f"bbox_{stride}"].reshape(-1, 4)[kept]
        centre = (cell + raw[:, :2]) * stride
        half = np.exp(raw[:, 2:]) * (stride / 2)
        points = (outputs[f"kps_{stride}"].reshape(-1, 5, 2)[kept] + cell[:, None]) * stride
        parts.append(Detections(np.hstack([centre - half, centre + half]), np.sqrt(strength[kept]), points))
    return Detections.concat(parts)
