"""Expression networks on the labels they learned: the annotators' majority for eight classes, FER-2013's for seven."""

from collections.abc import Sequence

from benchmarks.measures.measure import Measure, wilson
from benchmarks.parts.report import shared

from mien.evaluation.emotion import ExpressionReader, evaluate_emotion
from mien.evaluation.expressions import read_parquet
from mien.inference.installed import InstalledModel
from mien.inference.model_card import Measurement
from mien.vision.detection.detector import Detector
from mien.vision.loading import load_classifier


def emotion_measure(detector: Detector) -> Measure:
    """Measures classifiers on PublicTest; its faces are cut already."""

    def measure(model: InstalledModel) -> Sequence[Measurement]:
        classifier = load_classifier(model)
        classes = 8 if "contempt" in classifier.labels else 7
        labels = "majority" if classes == 8 else "fer2013"
        pictures = read_parquet(shared("data", "ferplus", "ferplus.parquet"), labels)
        found = evaluate_emotion(pictures, ExpressionReader(detector, classifier), classes)
        source = "FER+ PublicTest, majority rule" if classes == 8 else "FER-2013 PublicTest, its own labels"
        on = f"{source}, {classes} classes, {found.count:,} ready-made faces of 48 px, f32"
        return [
            Measurement("accuracy", round(found.accuracy, 4), on, wilson(found.accuracy, found.count)),
            Measurement("macro_recall", round(found.macro_recall, 4), on),
            Measurement("ece", round(found.ece, 4), f"{on}, 15 bins"),
            *(
                Measurement(f"recall_{label}", round(row[number] / max(sum(row), 1), 3), f"{sum(row)} faces of these")
                for number, (label, row) in enumerate(zip(found.labels, found.confusion, strict=True))
            ),
        ]

    return measure
