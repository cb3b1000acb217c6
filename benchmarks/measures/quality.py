"""Judges of quality on LFW pairs of one person, one picture of each spoilt: does the score foretell recognition?"""

from collections.abc import Sequence

import numpy as np
from benchmarks.measures.measure import Measure
from benchmarks.parts.spoilt_faces import spoilt_faces
from scipy.stats import spearmanr

from mien.inference.installed import InstalledModel
from mien.inference.model_card import Measurement
from mien.vision.detection.detector import Detector
from mien.vision.loading import load_assessor
from mien.vision.recognition.recogniser import Recogniser

MISSED_BELOW = 0.25
"""The similarity at which a pair counts as missed."""

REJECTED = 0.3
DRAW = 1
"""The pairs that the curves of the built-in judge were not set on."""


def quality_measure(detector: Detector, recogniser: Recogniser) -> Measure:
    """Measures judges by rank correlation and by error versus reject (Grother and Tabassi, PAMI 2007)."""
    faces = spoilt_faces(detector, recogniser, DRAW)
    similarities = np.array([face.similarity for face in faces])
    on = f"{len(faces):,} pictures of LFW, as they are, small, blurred, shaken, dark, bright or cut, f32"
    gone = int(REJECTED * len(faces))

    def missed(order: np.ndarray) -> float:
        return round(float((similarities[order][gone:] < MISSED_BELOW).mean()), 3)

    def measure(model: InstalledModel) -> Sequence[Measurement]:
        assessor = load_assessor(model)
        scores = np.array([assessor.assess(face.pixels, face.face).scores[0] for face in faces])
        rejecting = f"{on}; missed at a similarity of {MISSED_BELOW} after the worst {REJECTED:.0%} were rejected"
        return [
            Measurement("rank_correlation", round(float(spearmanr(scores, similarities).statistic), 3), on),
            Measurement("missed_of_all", round(float((similarities < MISSED_BELOW).mean()), 3), on),
            Measurement("missed_after_rejecting_30", missed(np.argsort(scores, kind="stable")), rejecting),
            Measurement("missed_if_it_were_perfect", missed(np.argsort(similarities)), rejecting),
        ]

    return measure
