"""SCRFD: Guo, Deng, Lattas and Zafeiriou, "Sample and Computation Redistribution for Efficient Face Detection",
ICLR 2022."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from mien.domain.errors import ModelCorrupt
from mien.domain.faces import Detections
from mien.inference.installed import InstalledModel
from mien.vision.detection.canvas_detector import CanvasDetector, CanvasNetwork
from mien.vision.detection.detector import DetectionSettings
from mien.vision.detection.output_columns import cells, columns, shapes

Floats = NDArray[np.float32]

STRIDES = (8, 16, 32)
ANCHORS = 2
"""Predictions of each cell, one after the other."""

LARGE_FACE_PX = 256
"""At 430 px on the canvas SCRFD-2.5G misses one face of five, at 600 px all."""

WITH_POINTS = {1: 3, 4: 3, 10: 3}
WITHOUT_POINTS = {1: 3, 4: 3}


class ScrfdDetector(CanvasDetector):
    """Finds faces with any of SCRFD's files, of a fixed size or any, with five landmarks or without."""

    def __init__(self, model: InstalledModel, settings: DetectionSettings) -> None:
        session = model.load()
        network = NETWORK if len(session.outputs) != sum(WITHOUT_POINTS.values()) else WITHOUT_LANDMARKS
        super().__init__(model, settings, network, session)


def decode(outputs: Mapping[str, Floats], size: tuple[int, int], min_score: float) -> Detections:
    """All predictions of at least ``min_score`` in px of a canvas of ``size`` (width, height).

    Boxes are distances from the corner of the cell to the four sides in strides, landmarks offsets from there. Raises
    ModelCorrupt where the outputs are not SCRFD's.
    """
    has_points = len(outputs) != sum(WITHOUT_POINTS.values())
    heads = columns(outputs, WITH_POINTS if has_points else WITHOUT_POINTS, "SCRFD")
    parts = []
    for level, stride in enumerate(STRIDES):
        corner = np.repeat(cells(size, stride), ANCHORS, axis=0) * stride
        scores = heads[1][level].ravel()
        if len(scores) != len(corner):
            raise ModelCorrupt(f"expected {len(corner)} predictions of SCRFD at stride {stride}, got {shapes(outputs)}")
        kept = np.flatnonzero(scores >= min_score)
        corner, distances = corner[kept], heads[4][level][kept] * stride
        boxes = np.hstack([corner - distances[:, :2], corner + distances[:, 2:]])
        points = np.zeros((len(kept), 5, 2), np.float32)
        if has_points:
            points = corner[:, None] + heads[10][level][kept].reshape(-1, 5, 2) * stride
        parts.append(Detections(boxes, scores[kept], points))
    return Detections.concat(parts)


NETWORK = CanvasNetwork(decode, large_face_px=LARGE_FACE_PX)
WITHOUT_LANDMARKS = replace(NETWORK, landmarks="approximate")
