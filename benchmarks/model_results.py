"""Every model that can be had here, measured the same way per task: what the cards and the table of models say."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path

import cv2
import numpy as np
from benchmarks.report import ROOT, Report, Table, measured, shared
from numpy.typing import NDArray

from mien import wiring
from mien.domain.errors import ModelUnavailable
from mien.domain.geometry import box_sizes
from mien.evaluation.detection import FLOOR_SCORE, evaluate_detection, read_truth
from mien.evaluation.emotion import ExpressionReader, evaluate_emotion
from mien.evaluation.expressions import read_parquet
from mien.evaluation.faces import FaceReader, OpenPicture, embed_pictures
from mien.evaluation.verification import judge, read_pairs
from mien.inference.installed import InstalledModel, ModelShelf
from mien.inference.model_card import Measurement
from mien.inference.session import RuntimeSettings
from mien.settings import Settings
from mien.sources.pixels import ArrayPixels
from mien.vision.detection.detector import DetectionSettings, Detector
from mien.vision.loading import load_classifier, load_detector, load_judge, load_recogniser

Measure = Callable[[InstalledModel], Sequence[Measurement]]

MEASURED = ROOT / "src" / "mien" / "inference" / "measured.json"
"""Part of the package: what the cards say was measured, of models that were measured."""

WIDER = "100 WIDER FACE pictures of 416 px, 216 faces of 16 px or more, IoU 0.5, f32"
LFW = "LFW View 1 train, 2,200 pairs, faces found and aligned by yunet, f32"
SAMPLES = {"image_T1.jpg": True, "image_F1.jpg": False, "image_F2.jpg": False}


def main() -> None:
    """Measure every model, print a table per task, and write ``measured.json``."""
    report = Report("model_results")
    everything = wiring.build_shelf(Settings()).catalog.cards()
    settings = Settings(
        runtime=RuntimeSettings(precision="f32"), accepted_models=tuple(card.name for card in everything)
    )
    shelf, open_picture = wiring.build_shelf(settings), wiring.picture_opener(settings)
    tasks = _measures(open_picture, load_detector(shelf.take("yunet"), DetectionSettings()))
    found: dict[str, list[Measurement]] = {}
    with measured() as report.seconds:
        for task, measure in tasks.items():
            found.update(_measured(shelf, task, measure))
    for task in tasks:
        rows = [
            (name, one.name, one.value, _interval(one), one.on)
            for name, results in found.items()
            if shelf.catalog.card(name).task == task
            for one in results
        ]
        report.tables.append(Table(task, ("model", "measured", "value", "95 %", "on"), rows))
    report.publish()
    _write(found)


def _measured(shelf: ModelShelf, task: str, measure: Measure) -> Iterator[tuple[str, list[Measurement]]]:
    for card in shelf.catalog.cards(task):
        try:
            model = shelf.take(card.name)
        except ModelUnavailable:
            continue  # neither the registries nor the mirror has it
        yield card.name, list(measure(model))


def _measures(open_picture: OpenPicture, detector: Detector) -> Mapping[str, Measure]:
    return {
        "detection": lambda model: _detection(model, open_picture),
        "recognition": lambda model: _recognition(model, open_picture, detector),
        "emotion": lambda model: _emotion(model, detector),
        "liveness": lambda model: _liveness(model, detector),
    }


def _detection(model: InstalledModel, open_picture: OpenPicture) -> Sequence[Measurement]:
    settings = replace(DetectionSettings(), min_score=FLOOR_SCORE, min_face_px=1)
    folder = shared("data", "wider")
    in_use = model.card.settings.get("detection.min_score", DetectionSettings().min_score)
    truth = read_truth(folder / "truth.json")
    quality = evaluate_detection(truth, folder / "images", open_picture, load_detector(model, settings), in_use)
    low, high = quality.recall_16px_at_p90_interval
    rows = [
        Measurement("recall_16px_at_p90", round(quality.recall_16px_at_p90, 3), WIDER, (round(low, 3), round(high, 3))),
        Measurement("ap_16px", round(quality.ap_16px, 3), WIDER),
        Measurement("recall_16px", round(quality.recall_16px, 3), f"{WIDER}, at the score in use, {in_use:g}"),
        Measurement("precision_16px", round(quality.precision_16px, 3), f"{WIDER}, at the score in use, {in_use:g}"),
    ]
    for name, stratum in quality.strata.items():
        on = f"{stratum.faces} faces of the same pictures, shorter side {name}"
        rows.append(Measurement(f"recall_{name}", round(stratum.recall_at_p90, 3), f"{on}, at precision 0.9"))
    return rows


def _recognition(model: InstalledModel, open_picture: OpenPicture, detector: Detector) -> Sequence[Measurement]:
    folder = shared("data", "lfw")
    pairs = read_pairs(folder / "pairsDevTrain.txt")
    names = sorted({*pairs.first, *pairs.second})
    reader = FaceReader(open_picture, detector, load_recogniser(model, detector.model))
    embedded = embed_pictures([folder / "images" / name for name in names], reader)
    row_of = {name: row for row, name in enumerate(names)}
    first, second = (np.array([row_of[name] for name in side]) for side in (pairs.first, pairs.second))
    similarities = np.einsum("nd,nd->n", embedded.vectors[first], embedded.vectors[second]).astype(np.float64)
    quality = judge(similarities, embedded.has_face[first] & embedded.has_face[second], pairs)
    person = np.unique([name.split("/")[0] for name in names], return_inverse=True)[1]
    strangers = _strangers(embedded.vectors[embedded.has_face], person[embedded.has_face])
    on = f"{len(strangers):,} pairs of two people among the same pictures"
    rows = [
        Measurement("accuracy", round(quality.accuracy, 4), LFW, _wilson(quality.accuracy, quality.pairs)),
        Measurement("tar_at_far_0.001", round(quality.tar_at_far_1e3, 4), LFW),
    ]
    for rate in (1e-2, 1e-3, 1e-4, 1e-5):
        threshold = float(strangers[int(rate * len(strangers))])
        rows.append(Measurement(f"similarity_at_far_{rate:g}", round(threshold, 3), on))
    genuine = similarities[pairs.is_same]
    rows.append(Measurement("mean_similarity_of_one_person", round(float(genuine.mean()), 3), LFW))
    return rows


def _strangers(vectors: NDArray[np.float32], person: NDArray[np.intp]) -> NDArray[np.float32]:
    """The similarities of all pairs of two people, highest first."""
    similarities = vectors @ vectors.T
    is_pair = np.triu(person[:, None] != person[None], 1)
    return np.sort(similarities[is_pair])[::-1]


def _emotion(model: InstalledModel, detector: Detector) -> Sequence[Measurement]:
    """On the labels a model learned: the annotators' majority for eight classes, FER-2013's own for seven."""
    classifier = load_classifier(model)
    classes = 8 if "contempt" in classifier.labels else 7
    labels = "majority" if classes == 8 else "fer2013"
    pictures = read_parquet(shared("data", "ferplus", "ferplus.parquet"), labels)
    found = evaluate_emotion(pictures, ExpressionReader(detector, classifier), classes)
    source = "FER+ PublicTest, majority rule" if classes == 8 else "FER-2013 PublicTest, its own labels"
    on = f"{source}, {classes} classes, {found.count:,} ready-made faces of 48 px, f32"
    return [
        Measurement("accuracy", round(found.accuracy, 4), on, _wilson(found.accuracy, found.count)),
        Measurement("macro_recall", round(found.macro_recall, 4), on),
        Measurement("ece", round(found.ece, 4), f"{on}, 15 bins"),
        *(
            Measurement(f"recall_{label}", round(row[number] / max(sum(row), 1), 3), f"{sum(row)} faces of the same")
            for number, (label, row) in enumerate(zip(found.labels, found.confusion, strict=True))
        ),
    ]


def _liveness(model: InstalledModel, detector: Detector) -> Sequence[Measurement]:
    judge_of = load_judge(model)
    rows = []
    for name, is_live in SAMPLES.items():
        pixels = ArrayPixels(cv2.imread(str(shared("data", "antispoof", name))))
        faces = detector.detect(pixels)
        largest = faces.select([int(box_sizes(faces.boxes).prod(axis=1).argmax())])
        score = float(judge_of.judge(pixels, largest).scores[0])
        kind = "live" if is_live else "spoofed"
        rows.append(Measurement(f"score_{Path(name).stem}", round(score, 3), f"a {kind} sample of its authors"))
    return rows


def _wilson(share: float, count: int) -> tuple[float, float]:
    """The 95 % interval of a share of so many (Wilson, 1927)."""
    z = 1.96
    middle = (share + z * z / (2 * count)) / (1 + z * z / count)
    half = z / (1 + z * z / count) * np.sqrt(share * (1 - share) / count + z * z / (4 * count * count))
    return round(float(middle - half), 4), round(float(middle + half), 4)


def _interval(one: Measurement) -> str:
    return f"{one.interval[0]:g} to {one.interval[1]:g}" if one.interval else ""


def _write(found: Mapping[str, Sequence[Measurement]]) -> None:
    """One measurement a line, so that a change of one number is a change of one line."""
    models = []
    for name, results in found.items():
        rows = ",\n".join(
            f"    {json.dumps({key: value for key, value in asdict(one).items() if value is not None})}"
            for one in results
        )
        models.append(f"  {json.dumps(name)}: [\n{rows}\n  ]")
    MEASURED.write_text("{\n" + ",\n".join(models) + "\n}\n", encoding="utf-8")


if __name__ == "__main__":
    main()
