"""The stateless work on the faces of one frame: cut them out and run the networks on them."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mien.domain.emotions import EmotionScores
from mien.domain.faces import Recognition
from mien.domain.frame import Pixels
from mien.vision.alignment import align
from mien.vision.detection.detector import Detector
from mien.vision.emotion.classifier import EmotionClassifier
from mien.vision.quality.assessor import QualityAssessor
from mien.vision.recognition.recogniser import Recogniser


@dataclass(frozen=True, slots=True)
class Tasks:
    """One model per task, shared by every camera."""

    detector: Detector
    recogniser: Recogniser
    classifier: EmotionClassifier
    assessor: QualityAssessor


def recognise(tasks: Tasks, pixels: Pixels, landmarks: NDArray[np.float32]) -> Recognition:
    """Embeddings of the faces with landmarks (n, 5, 2) px."""
    return tasks.recogniser.recognise(align(pixels, landmarks, tasks.recogniser.crop))


def classify(tasks: Tasks, pixels: Pixels, landmarks: NDArray[np.float32]) -> EmotionScores:
    """Apparent expressions of the faces with landmarks (n, 5, 2) px."""
    return tasks.classifier.classify(align(pixels, landmarks, tasks.classifier.crop))
