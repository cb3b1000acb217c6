"""Detection on the WIDER FACE subset: every detector beside a plain run of its file, by the size of the faces, and over
the size of the picture that the default sees."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np
from benchmarks.close_faces import CloseFace, close_faces, judge_close
from benchmarks.plain_detectors import PLAIN
from benchmarks.report import Report, Table, measured, shared

from mien import wiring
from mien.domain.errors import ModelUnavailable
from mien.domain.faces import Detections
from mien.domain.frame import Pixels
from mien.evaluation.detection import FLOOR_SCORE, DetectionQuality, MarkedPicture, judge, read_truth
from mien.inference.installed import InstalledModel, ModelShelf
from mien.inference.session import Precision, RuntimeSettings
from mien.settings import Settings
from mien.sources.images import read_picture
from mien.sources.pixels import ArrayPixels
from mien.vision.detection.detector import DetectionSettings, Detector
from mien.vision.loading import load_detector

PRECISIONS: tuple[Precision, ...] = ("f32", "bf16")
LONG_SIDES_PX = (416, 544, 640, 736, 832, 960)
PLAIN_SIDE_PX = 640
TIMED = 24

IN_USE = DetectionSettings()
MODELS = ("detector", "plain run", "mien, same size", "mien, as set", "95 %", "at score", "ap 16px", "CPU ms, 1080p")
SIZES = ("long side", "recall 16px at p90", "95 %", "recall 16px", "precision 16px", "recall all", "ap", "CPU ms")
STRATA = ("detector", "8–16 px", "16–32 px", "32–64 px", "from 64 px", "fills the frame", "other boxes there")


@dataclass(frozen=True)
class Material:
    """What detectors are shown: marked pictures, faces that fill the frame, and frames to take the time on."""

    truth: Sequence[MarkedPicture]
    pictures: Sequence[ArrayPixels]
    close: Sequence[CloseFace]
    frames: Sequence[ArrayPixels]


def main() -> None:
    """Print and store three tables; detectors that cannot be had here are left out."""
    names = tuple(card.name for card in wiring.build_shelf(Settings()).catalog.cards("detection"))
    runtime = RuntimeSettings(precision="f32", threads=1)
    shelf = wiring.build_shelf(Settings(runtime=runtime, accepted_models=names))
    report = Report("wider_detection")
    with measured() as report.seconds:
        material = _material(load_detector(shelf.take(IN_USE.model), IN_USE))
        models, strata = [], []
        for name in names:
            try:
                model = shelf.take(name)
            except ModelUnavailable:
                continue
            row, quality = _row(model, material)
            models.append(row)
            strata.append(_strata_row(model, quality, material))
        sizes = _sizes(shelf, material)
    wide = "WIDER subset, 100 pictures of 416×416 px, 216 faces from 16 px on"
    report.tables.append(Table(f"{wide}: recall at a precision of 0.9, f32", MODELS, models))
    report.tables.append(
        Table("Recall at the score of the card / at p90, and faces that fill the frame", STRATA, strata)
    )
    report.tables.append(Table(f"{wide}: {IN_USE.model} over the longer side that it sees", SIZES, sizes))
    report.publish()


def _material(detector: Detector) -> Material:
    truth = read_truth(shared("data", "wider", "truth.json"))
    folder = shared("data", "wider", "images")
    pictures = [ArrayPixels(read_picture(str(folder / picture.file), 100.0)) for picture in truth]
    video = cv2.VideoCapture(str(shared("data", "videos", "street-crowd-1080p.mp4")))
    frames = [ArrayPixels(np.asarray(video.read()[1], np.uint8)) for _ in range(TIMED)]
    return Material(truth, pictures, tuple(close_faces(shared("data", "lfw"), detector)), frames)


def _row(model: InstalledModel, material: Material) -> tuple[tuple[object, ...], DetectionQuality]:
    """A model beside the plain run of its file, and how it does as it is set."""
    score = model.card.settings.get("detection.min_score", IN_USE.min_score)
    quality = _quality(model, material, score)
    plain, same = "", ""
    if model.card.family in PLAIN:
        side = PLAIN_SIDE_PX if None in model.load().input_shape[2:] else model.load().input_shape[2]
        side = PLAIN_SIDE_PX if model.card.family == "yunet" else side
        assert side is not None
        find = PLAIN[model.card.family](model.paths[0], side)
        found = [_detections(*find(picture.bgr())) for picture in material.pictures]
        plain = judge(material.truth, found, score).recall_16px_at_p90
        same = _quality(model, material, score, side).recall_16px_at_p90
    low, high = quality.recall_16px_at_p90_interval
    cpu_ms = _cpu_ms(load_detector(model, replace(IN_USE, min_score=score)), material.frames)
    measures = (plain, same, quality.recall_16px_at_p90, f"{low:.3f}–{high:.3f}", score, quality.ap_16px, cpu_ms)
    return (model.name, *measures), quality


def _strata_row(model: InstalledModel, quality: DetectionQuality, material: Material) -> tuple[object, ...]:
    score = model.card.settings.get("detection.min_score", IN_USE.min_score)
    close = judge_close(load_detector(model, replace(IN_USE, min_score=score)), material.close)
    recalls = [f"{stratum.recall:.2f} / {stratum.recall_at_p90:.2f}" for stratum in quality.strata.values()]
    return (model.name, *recalls, f"{close.found} of {close.frames}", close.others)


def _sizes(shelf: ModelShelf, material: Material) -> list[tuple[object, ...]]:
    """The default detector over the size of what it sees, and over the precision where this machine has several."""
    rows: list[tuple[object, ...]] = []
    for precision in (one for one in PRECISIONS if one in shelf.runtime.precisions):
        model = shelf.take(IN_USE.model, precision)
        for long_side_px in LONG_SIDES_PX:
            quality = _quality(model, material, IN_USE.min_score, long_side_px)
            low, high = quality.recall_16px_at_p90_interval
            is_in_use = (precision, long_side_px) == (model.card.precision, IN_USE.long_side_px)
            detector = load_detector(model, replace(IN_USE, long_side_px=long_side_px))
            rows.append(
                (
                    f"{long_side_px} {precision}" + (" (in use)" if is_in_use else ""),
                    quality.recall_16px_at_p90,
                    f"{low:.3f}–{high:.3f}",
                    quality.recall_16px,
                    quality.precision_16px,
                    quality.recall_all,
                    quality.ap,
                    _cpu_ms(detector, material.pictures),
                )
            )
    return rows


def _quality(
    model: InstalledModel, material: Material, score: float, long_side_px: int = IN_USE.long_side_px
) -> DetectionQuality:
    settings = replace(IN_USE, min_score=FLOOR_SCORE, min_face_px=1, long_side_px=long_side_px)
    detector = load_detector(model, settings)
    return judge(material.truth, [detector.detect(picture) for picture in material.pictures], score)


def _detections(boxes: np.ndarray, scores: np.ndarray) -> Detections:
    none = np.zeros((len(scores), 5, 2), np.float32)
    return Detections(boxes.astype(np.float32), scores.astype(np.float32), none)


def _cpu_ms(detector: Detector, pictures: Sequence[Pixels]) -> float:
    """CPU milliseconds per picture at the score in use: at the floor there are hundreds of candidates a picture."""
    detector.detect(pictures[0])
    timed = pictures[:TIMED]
    start = time.process_time()
    for picture in timed:
        detector.detect(picture)
    return (time.process_time() - start) / len(timed) * 1000


if __name__ == "__main__":
    main()
