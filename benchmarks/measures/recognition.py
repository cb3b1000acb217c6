"""Recognisers on LFW View 1, train: the pairs, and all pairs of two people among their pictures."""

from collections.abc import Sequence

from benchmarks.measures.measure import Measure, wilson
from benchmarks.parts.report import shared

from mien.evaluation.calibration import similarities_of_strangers
from mien.evaluation.faces import FaceReader, OpenPicture
from mien.evaluation.verification import embed_pairs, judge, read_pairs
from mien.inference.installed import InstalledModel
from mien.inference.model_card import Measurement
from mien.vision.detection.detector import Detector
from mien.vision.loading import load_recogniser

LFW = "LFW View 1 train, 2,200 pairs, faces found and aligned by yunet, f32"
FALSE_ACCEPT_RATES = (1e-2, 1e-3, 1e-4, 1e-5)


def recognition_measure(open_picture: OpenPicture, detector: Detector) -> Measure:
    """Measures recognisers behind one detector."""
    folder = shared("data", "lfw")
    pairs = read_pairs(folder / "pairsDevTrain.txt")

    def measure(model: InstalledModel) -> Sequence[Measurement]:
        reader = FaceReader(open_picture, detector, load_recogniser(model, detector.model))
        embedded = embed_pairs(pairs, folder / "images", reader)
        quality = judge(embedded.similarities, embedded.is_usable, pairs)
        strangers = similarities_of_strangers(embedded)
        on = f"{len(strangers):,} pairs of two people among the same pictures"
        genuine = float(embedded.similarities[pairs.is_same].mean())
        return [
            Measurement("accuracy", round(quality.accuracy, 4), LFW, wilson(quality.accuracy, quality.pairs)),
            Measurement("tar_at_far_0.001", round(quality.tar_at_far_1e3, 4), LFW),
            *(
                Measurement(f"similarity_at_far_{rate:g}", round(float(strangers[int(rate * len(strangers))]), 3), on)
                for rate in FALSE_ACCEPT_RATES
            ),
            Measurement("mean_similarity_of_one_person", round(genuine, 3), LFW),
        ]

    return measure
