"""Gives the faces of a detector that knows only about where the landmarks are those of a face mesh."""

from dataclasses import replace

import numpy as np

from mien.domain.faces import Detections
from mien.domain.frame import Pixels
from mien.vision.detection.detector import Detector, LandmarkOrigin
from mien.vision.landmarks.mesh import FaceMesher, five_points

LEAST_SCORE = 0.5
"""From this score of the mesh on its landmarks are taken: MediaPipe's own threshold."""


class LandmarkedDetector:
    """The faces that another detector finds, all of them, with the five points of their meshes.

    Where the mesh sees no face the approximate landmarks stay. A mesh is found on a close, upright cut, so there is
    nothing left to refine.
    """

    def __init__(self, detector: Detector, mesher: FaceMesher) -> None:
        self._detector = detector
        self._mesher = mesher

    @property
    def model(self) -> str:
        return f"{self._detector.model}+face-mesh"

    @property
    def landmarks(self) -> LandmarkOrigin:
        return "measured"

    def detect(self, pixels: Pixels) -> Detections:
        faces = self._detector.detect(pixels)
        mesh = self._mesher.mesh(pixels, faces)
        is_seen = (mesh.scores >= LEAST_SCORE)[:, None, None]
        return replace(faces, landmarks=np.where(is_seen, five_points(mesh), faces.landmarks))

    def prepare(self, width: int, height: int) -> None:
        self._detector.prepare(width, height)

    def refine(self, pixels: Pixels, detections: Detections) -> Detections:  # noqa: ARG002 - every face was looked at
        return detections
