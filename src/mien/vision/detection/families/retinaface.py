"""RetinaFace: Deng et al., "RetinaFace: Single-shot Multi-level Face Localisation in the Wild", CVPR 2020."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from mien.domain.errors import ModelCorrupt
from mien.domain.faces import Detections
from mien.inference.installed import InstalledModel
from mien.vision.activations import softmax
from mien.vision.detection.canvas_detector import CanvasDetector, CanvasNetwork
from mien.vision.detection.detector import DetectionSettings
from mien.vision.detection.output_columns import cells, columns, shapes

Floats = NDArray[np.float32]

PRIORS = {8: (16, 32), 16: (64, 128), 32: (256, 512)}
"""Sides in px of the square priors of each cell, by stride: of the MobileNet-0.25 and the ResNet-50 network alike."""

LARGE_FACE_PX = 256
"""From 580 px on the canvas parts of a face are taken for faces, and at 960 px two of three are missed."""

CENTRE_VARIANCE, SIZE_VARIANCE = np.float32(0.1), np.float32(0.2)
"""What training divides offsets by, as SSD does (Liu et al., ECCV 2016)."""

SUM_TOLERANCE = 0.05
"""How far the two probabilities of a prior are from 1 in sum on average, at most: bf16 and int8 keep two digits."""


class RetinaFaceDetector(CanvasDetector):
    """Finds faces with any file of the layout of Pytorch_Retinaface: boxes, classes and landmarks per prior."""

    def __init__(self, model: InstalledModel, settings: DetectionSettings) -> None:
        super().__init__(model, settings, NETWORK, model.load())


def decode(outputs: Mapping[str, Floats], size: tuple[int, int], min_score: float) -> Detections:
    """All priors of at least ``min_score`` in px of a canvas of ``size`` (width, height).

    Classes are probabilities of background and face or, of a file without the softmax, what goes into it. Raises
    ModelCorrupt where the outputs are not RetinaFace's.
    """
    heads = columns(outputs, {2: 1, 4: 1, 10: 1}, "RetinaFace")
    offsets, points, scores = heads[4][0], heads[10][0], _face_scores(heads[2][0])
    centres, sides = priors(size)
    if len(scores) != len(sides):
        raise ModelCorrupt(f"expected {len(sides)} priors of RetinaFace on {size}, got {shapes(outputs)}")
    kept = np.flatnonzero(scores >= min_score)
    centre, side, offset = centres[kept], sides[kept, None], offsets[kept]
    middle = centre + offset[:, :2] * side * CENTRE_VARIANCE
    half = side * np.exp(offset[:, 2:] * SIZE_VARIANCE) / 2
    landmarks = centre[:, None] + points[kept].reshape(-1, 5, 2) * side[:, None] * CENTRE_VARIANCE
    return Detections(np.hstack([middle - half, middle + half]), scores[kept], landmarks)


def _face_scores(classes: Floats) -> Floats:
    """Probabilities of a face (n,) from the two numbers (n, 2) of every prior."""
    if np.abs(classes.sum(axis=1) - 1).mean() < SUM_TOLERANCE:
        probabilities: Floats = classes[:, 1]
        return probabilities
    return softmax(classes)[:, 1]


def priors(size: tuple[int, int]) -> tuple[Floats, Floats]:
    """Centres (n, 2) and sides (n,) of all priors in px, in the order of the network."""
    centres, sides = [], []
    for stride, lengths in PRIORS.items():
        middles = (cells(size, stride) + np.float32(0.5)) * stride
        centres.append(np.repeat(middles, len(lengths), axis=0))
        sides.append(np.tile(np.array(lengths, np.float32), len(middles)))
    return np.concatenate(centres), np.concatenate(sides)


NETWORK = CanvasNetwork(decode, large_face_px=LARGE_FACE_PX)
