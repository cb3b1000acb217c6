"""Every model that can be had here, measured the same way per task: what the cards and the table of models say."""

import json
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict

from benchmarks.measures.detection import detection_measure
from benchmarks.measures.emotion import emotion_measure
from benchmarks.measures.eyes import eyes_measure
from benchmarks.measures.landmarks import landmark_measure
from benchmarks.measures.liveness import liveness_measure
from benchmarks.measures.measure import Measure
from benchmarks.measures.pose import pose_measure
from benchmarks.measures.quality import quality_measure
from benchmarks.measures.recognition import recognition_measure
from benchmarks.parts.report import ROOT, Report, Table, measured

from mien.domain.errors import ModelUnavailable
from mien.inference.installed import ModelShelf
from mien.inference.model_card import Measurement
from mien.inference.session import RuntimeSettings
from mien.settings import Settings
from mien.vision.detection.detector import DetectionSettings
from mien.vision.loading import load_detector, load_recogniser
from mien.wiring.models import build_shelf
from mien.wiring.people import picture_opener

MEASURED = ROOT / "src" / "mien" / "inference" / "measured.json"
"""Part of the package: what the cards say was measured, of models that were measured."""


def main(tasks: Sequence[str] = ()) -> None:
    """Measure every model of these tasks or of all, print a table per task, and bring ``measured.json`` up to date."""
    report = Report("model_results")
    names = tuple(card.name for card in build_shelf(Settings()).catalog.cards())
    settings = Settings(runtime=RuntimeSettings(precision="f32", threads=1), accepted_models=names)
    shelf = build_shelf(settings)
    stored = json.loads(MEASURED.read_text(encoding="utf-8"))
    for task, opened in _measures(settings, shelf).items():
        if tasks and task not in tasks:
            continue
        with measured() as report.seconds:
            found = dict(_measured(shelf, task, opened()))
        rows = [
            (name, one.name, one.value, f"{one.interval[0]:g} to {one.interval[1]:g}" if one.interval else "", one.on)
            for name, results in found.items()
            for one in results
        ]
        report.tables.append(Table(task, ("model", "measured", "value", "95 %", "on"), rows))
        stored |= {name: [_as_row(one) for one in results] for name, results in found.items()}
        _write({name: stored[name] for name in names if name in stored})
    report.publish()


def _measures(settings: Settings, shelf: ModelShelf) -> Mapping[str, Callable[[], Measure]]:
    """What opens the material of each task."""
    open_picture = picture_opener(settings)
    detector = load_detector(shelf.take("yunet"), DetectionSettings())
    eager = load_detector(shelf.take("yunet"), DetectionSettings(min_score=0.4, min_face_px=8))
    recogniser = load_recogniser(shelf.take("mobilefacenet"), detector.model)
    return {
        "detection": lambda: detection_measure(open_picture, detector),
        "recognition": lambda: recognition_measure(open_picture, detector),
        "emotion": lambda: emotion_measure(detector),
        "quality": lambda: quality_measure(eager, recogniser),
        "liveness": lambda: liveness_measure(detector),
        "pose": lambda: pose_measure(detector),
        "landmarks": lambda: landmark_measure(detector),
        "eyes": lambda: eyes_measure(detector, shelf),
    }


def _measured(shelf: ModelShelf, task: str, measure: Measure) -> Iterator[tuple[str, Sequence[Measurement]]]:
    for card in shelf.catalog.cards(task):
        try:
            model = shelf.take(card.name)
        except ModelUnavailable:
            continue  # neither the registries nor the mirror has it
        found = measure(model)
        print(card.name, *(f"{one.name} {one.value:g}" for one in found), sep=" | ", flush=True)
        yield card.name, found


def _as_row(one: Measurement) -> dict[str, object]:
    return {key: value for key, value in asdict(one).items() if value is not None}


def _write(models: Mapping[str, Sequence[Mapping[str, object]]]) -> None:
    """One measurement a line, so that a change of one number is a change of one line."""
    written = []
    for name, results in models.items():
        rows = ",\n".join(f"    {json.dumps(one)}" for one in results)
        written.append(f"  {json.dumps(name)}: [\n{rows}\n  ]")
    MEASURED.write_text("{\n" + ",\n".join(written) + "\n}\n", encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
