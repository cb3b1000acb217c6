"""What looks at somebody who is challenged: from a picture to what a challenge is judged by."""

from dataclasses import dataclass

import numpy as np

from mien.domain.faces import Detections
from mien.domain.frame import Pixels
from mien.domain.geometry import box_sizes
from mien.gallery.challenge.challenge import Seen
from mien.gallery.challenge.moves import MOVES, Face, Move
from mien.gallery.matching.thresholds import MatchingSettings
from mien.sources.images import decode_picture
from mien.sources.pixels import ArrayPixels
from mien.vision.alignment import cut
from mien.vision.detection.detector import Detector
from mien.vision.emotion.classifier import EmotionClassifier
from mien.vision.eyes.eyes import EyeReader, corners_by_mesh
from mien.vision.landmarks.mesh import FaceMesher
from mien.vision.liveness.liveness import LivenessJudge
from mien.vision.quality.assessor import QualityAssessor
from mien.vision.recognition.recogniser import Recogniser

_ASIDE = 0.15
"""A second face of at least this share of the first one's area is before the camera too, not in the background."""

_LEAST_MESH = 0.5

MOST_MEGAPIXELS = 1.3
"""1280×960 px of a frame: faces are near, and no more is made out of them."""


def opened(jpeg: bytes) -> Pixels:
    """The picture of a frame, whose bytes may be anything; raises SourceUnreadable."""
    return ArrayPixels(decode_picture(jpeg, "the frame", MOST_MEGAPIXELS, ("JPEG",)))


@dataclass(frozen=True, slots=True)
class Watcher:
    """The models that look. Without a classifier of expressions, where none may be read, nobody is asked to smile."""

    detector: Detector
    assessor: QualityAssessor
    recogniser: Recogniser
    mesher: FaceMesher
    eyes: EyeReader
    judge: LivenessJudge
    classifier: EmotionClassifier | None
    matching: MatchingSettings

    @property
    def moves(self) -> tuple[Move, ...]:
        """What may be asked for."""
        return MOVES if self.classifier else tuple(move for move in MOVES if move != "smile")

    def look(self, pixels: Pixels, time_s: float) -> Seen:
        """What a picture shows that came at a moment."""
        faces = self.detector.refine(pixels, self.detector.detect(pixels))
        if not len(faces):
            return Seen(time_s, reason="come into view")
        areas = box_sizes(faces.boxes).prod(axis=1)
        if int((areas >= _ASIDE * areas.max()).sum()) > 1:
            return Seen(time_s, reason="stay alone before the camera", is_crowd=True)
        face = self._face(pixels, faces.select([int(areas.argmax())]))
        return Seen(time_s, face) if face else Seen(time_s, reason="show your whole face")

    def _face(self, pixels: Pixels, alone: Detections) -> Face | None:
        mesh = self.mesher.mesh(pixels, alone)
        recognition = self.recogniser.recognise(cut(pixels, alone, self.recogniser.crop))
        if mesh.scores[0] < _LEAST_MESH or not self.matching.is_face(recognition)[0]:
            return None
        liveness = self.judge.judge(pixels, alone)
        return Face(
            alone.boxes[0],
            mesh.points[0],
            self.eyes.read(pixels, corners_by_mesh(mesh))[0],
            recognition.embeddings.vectors[0],
            self._happiness(pixels, alone),
            float(self.assessor.assess(pixels, alone).scores[0]),
            None if liveness.unmet[0] else float(liveness.scores[0]),
        )

    def _happiness(self, pixels: Pixels, alone: Detections) -> float:
        if self.classifier is None:
            return 0.0
        scores = self.classifier.classify(cut(pixels, alone, self.classifier.crop))
        happy = [label == "happiness" for label in scores.labels]
        return float(np.sum(scores.probabilities[0][happy]))
