"""Detection on the WIDER FACE subset over the size of the network's input: what is found, and what it costs."""

import os
import time
from collections.abc import Sequence
from dataclasses import replace

from benchmarks.report import Report, Table, measured, shared

from mien.domain.frame import Pixels
from mien.evaluation.detection import FLOOR_SCORE, judge, read_truth
from mien.inference.catalog import load_catalog
from mien.inference.opening import open_runtime
from mien.inference.session import Precision, RuntimeSettings
from mien.inference.weights import WeightStore
from mien.sources.images import read_picture
from mien.sources.pixels import ArrayPixels
from mien.vision.detection.detector import DetectionSettings, Detector
from mien.vision.loading import load_detector

PRECISIONS: tuple[Precision, ...] = ("f32", "bf16")
LONG_SIDES_PX = (416, 544, 640, 736, 832, 960, 1280)
TIMED = 30
COLUMNS = ("long side", "recall 16px at p90", "95 %", "recall 16px", "precision 16px", "recall all", "ap", "CPU ms")


def main() -> None:
    """Print one row per size of the network's input; the size in use is the settings' default."""
    truth = read_truth(shared("data", "wider", "truth.json"))
    pictures = [
        ArrayPixels(read_picture(str(shared("data", "wider", "images", picture.file)), 100.0)) for picture in truth
    ]
    catalog = load_catalog()
    in_use = DetectionSettings()
    card = catalog.card(in_use.model)
    path = WeightStore.from_environment(os.environ).path(card)
    report = Report("wider_detection")
    rows = []
    with measured() as report.seconds:
        for precision in PRECISIONS:
            runtime = open_runtime(RuntimeSettings(precision=precision))
            for long_side_px in LONG_SIDES_PX:
                settings = replace(in_use, long_side_px=long_side_px, min_score=FLOOR_SCORE, min_face_px=1)
                detector = load_detector(card, path, runtime, settings)
                found = [detector.detect(picture) for picture in pictures]
                cpu_ms = _cpu_ms(
                    load_detector(card, path, runtime, replace(settings, min_score=in_use.min_score)), pictures
                )
                quality = judge(truth, found, in_use.min_score)
                is_in_use = (precision, long_side_px) == (RuntimeSettings().precision, in_use.long_side_px)
                low, high = quality.recall_16px_at_p90_interval
                rows.append(
                    (
                        f"{long_side_px} {precision}" + (" (in use)" if is_in_use else ""),
                        quality.recall_16px_at_p90,
                        f"{low:.3f}–{high:.3f}",
                        quality.recall_16px,
                        quality.precision_16px,
                        quality.recall_all,
                        quality.ap,
                        cpu_ms,
                    )
                )
    report.tables.append(Table("WIDER subset, 100 pictures of 416×416 px, enlarged at most twice", COLUMNS, rows))
    report.publish()


def _cpu_ms(detector: Detector, pictures: Sequence[Pixels]) -> float:
    """CPU milliseconds per picture at the score in use: at the floor there are hundreds of candidates a picture."""
    detector.detect(pictures[0])
    start = time.process_time()
    for picture in pictures[:TIMED]:
        detector.detect(picture)
    return (time.process_time() - start) / TIMED * 1000


if __name__ == "__main__":
    main()
