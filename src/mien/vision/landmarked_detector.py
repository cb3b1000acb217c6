"""Gives a detector that knows only about where the landmarks are those of a face mesh."""

from dataclasses import replace

import numpy as np

from mien.domain.faces import Detections
from mien.domain.frame import Pixels
from mien.vision.detection.detector import Detector, LandmarkOrigin
from mien.vision.landmarks.mesh import FaceMesher, five_points

LEAST_SCORE = 0.5
"""From this score of the mesh on its landmarks are taken: MediaPipe's own threshold."""


class LandmarkedDetector:
    """Finds the faces that another detector finds, with the five points of their meshes when they are refined.

    The landmarks that ``detect`` gives stay the approximate ones, which tracking does not need better; ``refine``,
    which every face passes before it is aligned, replaces them. Where the mesh sees no face they stay as they are.
    """

    def __init__(self, detector: Detector, mesher: FaceMesher) -> None:
        self._detector = detector
        self._mesher = mesher

    @property
    def model(self) -> str:
        return self._detector.model

    @property
    def landmarks(self) -> LandmarkOrigin:
        return "measured"

    def detect(self, pixels: Pixels) -> Detections:
        return self._detector.detect(pixels)

    def prepare(self, width: int, height: int) -> None:
        self._detector.prepare(width, height)

    def refine(self, pixels: Pixels, detections: Detections) -> Detections:
        mesh = self._mesher.mesh(pixels, detections)
        is_seen = (mesh.scores >= LEAST_SCORE)[:, None, None]
        return replace(detections, landmarks=np.where(is_seen, five_points(mesh), detections.landmarks))
