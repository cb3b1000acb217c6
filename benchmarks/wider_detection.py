"""Detection on the WIDER FACE subset over the size of the network's input: what is found, and what it costs."""

import time
from dataclasses import replace

from benchmarks.report import Report, Table, measured, shared
from mien.domain.faces import Detections
from mien.evaluation.detection import FLOOR_SCORE, judge, read_truth
from mien.inference.catalog import load_catalog
from mien.inference.opening import open_runtime
from mien.inference.session import RuntimeSettings
from mien.inference.weights import WeightStore
from mien.sources.images import read_picture
from mien.sources.pixels import ArrayPixels
from mien.vision.detection.detector import DetectionSettings
from mien.vision.loading import load_detector

LONG_SIDES_PX = (416, 544, 640, 736, 832, 960, 1280)
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
    path = WeightStore.from_environment({}).path(card)
    report = Report("wider_detection")
    rows = []
    with measured() as report.seconds:
        for precision in ("f32", "bf16"):
            runtime = open_runtime(RuntimeSettings(precision=precision))
            for long_side_px in LONG_SIDES_PX:
                settings = replace(in_use, long_side_px=long_side_px, min_score=FLOOR_SCORE, min_face_px=1)
                detector = load_detector(card, path, runtime, settings)
                detector.detect(pictures[0])
                start = time.process_time()
                found: list[Detections] = [detector.detect(picture) for picture in pictures]
                cpu_ms = (time.process_time() - start) / len(pictures) * 1000
                quality = judge(truth, found, in_use.min_score)
                low, high = quality.recall_16px_at_p90_interval
                rows.append(
                    (
                        f"{long_side_px} {precision}" + (" (in use)" if long_side_px == in_use.long_side_px else ""),
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


if __name__ == "__main__":
    main()
