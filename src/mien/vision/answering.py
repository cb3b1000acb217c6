"""A model of any task as one call: what it makes of a picture and the faces on it, to try and to time it."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from mien.domain.emotions import EmotionScores
from mien.domain.errors import ModelMismatch
from mien.domain.faces import Detections, FaceMesh, HeadPose, Liveness, Quality, Recognition
from mien.domain.frame import Pixels
from mien.inference.installed import InstalledModel
from mien.vision.alignment import cut
from mien.vision.detection.detector import DetectionSettings
from mien.vision.eyes.eyes import corners_about
from mien.vision.loading import (
    load_assessor,
    load_classifier,
    load_detector,
    load_eye_reader,
    load_judge,
    load_mesher,
    load_pose_estimator,
    load_quality_network,
    load_recogniser,
)

Answer = Detections | Recognition | EmotionScores | Quality | Liveness | HeadPose | FaceMesh | NDArray[np.float32]
Answering = Callable[[Pixels, Detections], Answer]
"""What a model says of n faces of a picture, cut as it wants them; a detector looks at the picture alone, and of a
network of quality, or of eyes, it is the numbers, whatever they mean."""


def answering(model: InstalledModel, detection: DetectionSettings) -> Answering:
    """A model, loaded for its task; raises ModelMismatch for what has none, ModelCorrupt for a file that fails."""
    match model.card.task:
        case "detection":
            detector = load_detector(model, detection)
            return lambda pixels, _: detector.detect(pixels)
        case "recognition":
            recogniser = load_recogniser(model, "any")
            return lambda pixels, faces: recogniser.recognise(cut(pixels, faces, recogniser.crop))
        case "emotion":
            classifier = load_classifier(model)
            return lambda pixels, faces: classifier.classify(cut(pixels, faces, classifier.crop))
        case "quality":
            return load_quality_network(model).numbers if model.card.has_network else load_assessor(model).assess
        case "liveness":
            return load_judge(model).judge
        case "pose":
            return load_pose_estimator(model).estimate
        case "landmarks":
            return load_mesher(model).mesh
        case "eyes":
            reader = load_eye_reader(model)
            return lambda pixels, faces: reader.read(pixels, corners_about(faces))
    raise ModelMismatch(f"{model.card.name} is no model but a {model.card.family}: it answers nothing")
