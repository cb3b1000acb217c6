"""Is the expression read right? A classifier, with the detector that serves it, on labelled pictures."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from mien.domain.emotions import EMOTION_LABELS, EmotionScores
from mien.domain.errors import UsageError
from mien.domain.faces import AnyCropSpec, FaceCrops
from mien.domain.frame import Pixels
from mien.evaluation.expressions import LabelledPictures
from mien.evaluation.faces import Progress, most_prominent, no_progress
from mien.evaluation.judging.classification import Classification, classify_quality
from mien.vision.alignment import cut
from mien.vision.detection.detector import Detector
from mien.vision.emotion.classifier import EmotionClassifier

Rows = NDArray[np.float32]

READY_MADE_PX = 64
"""Pictures of at most so many px a side are crops already and used whole."""

BATCH = 32


@dataclass(frozen=True, slots=True)
class ExpressionReader:
    """What reads the expression of the face a picture is about."""

    detector: Detector
    classifier: EmotionClassifier

    def crop(self, pixels: Pixels) -> FaceCrops:
        """The face as the classifier wants it, or none where there is no face; a ready-made crop is only resized."""
        spec = self.classifier.crop
        if max(pixels.width, pixels.height) > READY_MADE_PX:
            faces = self.detector.detect(pixels)
            chosen = faces.select(most_prominent(faces, pixels.width, pixels.height))
            return cut(pixels, chosen, spec)
        return whole(pixels, spec)


def whole(pixels: Pixels, spec: AnyCropSpec) -> FaceCrops:
    """A picture that is a crop already as a classifier wants it: only resized."""
    image = pixels.scaled(spec.size, spec.size)
    if spec.channels == "grey":
        image = np.asarray(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY), np.uint8)
    return FaceCrops(image.reshape(1, spec.size, spec.size, -1), spec)


def evaluate_emotion(
    pictures: LabelledPictures,
    reader: ExpressionReader,
    classes: int = len(EMOTION_LABELS),
    progress: Progress = no_progress,
) -> Classification:
    """Classify every picture and judge; with 7 ``classes`` contempt is left out of truth and answers.

    A picture without a face counts as wrong. Raises SourceError where a picture cannot be read, UsageError for another
    number of classes or a classifier with other expressions.
    """
    labels = _labels(classes)
    asked = np.flatnonzero(pictures.truth < len(labels))
    answers = [np.zeros((0, len(labels)), np.float32)]
    has_face = np.zeros(len(asked), dtype=bool)
    for start in range(0, len(asked), BATCH):
        batch = asked[start : start + BATCH]
        crops = [reader.crop(pictures.openers[row]()) for row in batch]
        has_face[start : start + len(batch)] = [len(crop) > 0 for crop in crops]
        together = FaceCrops(np.concatenate([crop.images for crop in crops]), reader.classifier.crop)
        answers.append(over_labels(reader.classifier.classify(together), labels))
        progress(start + len(batch), len(asked))
    truth = pictures.truth[asked]
    return classify_quality(np.concatenate(answers), truth[has_face], truth[~has_face], labels)


def over_labels(scores: EmotionScores, labels: tuple[str, ...]) -> Rows:
    """Distributions (n, k) over ``labels``: 0 for those the scores lack, contempt left out where it is not asked for.

    Raises UsageError where the scores have other labels than the eight expressions.
    """
    strange = set(scores.labels) - set(EMOTION_LABELS)
    if strange:
        raise UsageError(f"the classifier's labels {sorted(strange)} are none of {', '.join(EMOTION_LABELS)}")
    shares = np.zeros((len(scores), len(labels)), np.float32)
    for column, label in enumerate(labels):
        if label in scores.labels:
            shares[:, column] = scores.probabilities[:, scores.labels.index(label)]
    total: Rows = np.maximum(shares.sum(axis=1, keepdims=True), np.float32(1e-9))
    return shares / total


def _labels(classes: int) -> tuple[str, ...]:
    if classes not in (len(EMOTION_LABELS) - 1, len(EMOTION_LABELS)):
        raise UsageError(f"expressions come in 7 or 8 classes, not in {classes}")
    return EMOTION_LABELS[:classes]  # contempt is the last
