"""The models that every camera shares: one per task."""

from dataclasses import dataclass

from mien.vision.detection.detector import Detector
from mien.vision.emotion.classifier import EmotionClassifier
from mien.vision.quality.assessor import QualityAssessor
from mien.vision.recognition.recogniser import Recogniser


@dataclass(frozen=True, slots=True)
class Tasks:
    """One model per task; all of them are safe to use from several threads."""

    detector: Detector
    recogniser: Recogniser
    classifier: EmotionClassifier
    assessor: QualityAssessor
