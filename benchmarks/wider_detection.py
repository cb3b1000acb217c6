"""What the size of the network's input does to the default detector, on the WIDER FACE subset."""

from dataclasses import replace

from benchmarks.measures.detection import cpu_ms, judged
from benchmarks.parts.report import Report, Table, measured, shared

from mien import wiring
from mien.evaluation.detection import read_truth
from mien.inference.session import Precision, RuntimeSettings
from mien.settings import Settings
from mien.sources.images import read_picture
from mien.sources.pixels import ArrayPixels
from mien.vision.detection.detector import DetectionSettings
from mien.vision.loading import load_detector

PRECISIONS: tuple[Precision, ...] = ("f32", "bf16")
LONG_SIDES_PX = (416, 544, 640, 736, 832, 960)

IN_USE = DetectionSettings()
COLUMNS = ("long side", "recall 16px at p90", "95 %", "recall 16px", "precision 16px", "recall all", "AP", "CPU ms")


def main() -> None:
    """Print and store one table, over the precision too where this machine has several."""
    shelf = wiring.build_shelf(Settings(runtime=RuntimeSettings(precision="f32", threads=1)))
    report, rows = Report("wider_detection"), []
    with measured() as report.seconds:
        truth = read_truth(shared("data", "wider", "truth.json"))
        folder = shared("data", "wider", "images")
        pictures = [ArrayPixels(read_picture(str(folder / picture.file), 100.0)) for picture in truth]
        for precision in (one for one in PRECISIONS if one in shelf.runtime.precisions):
            model = shelf.take(IN_USE.model, precision)
            for long_side_px in LONG_SIDES_PX:
                quality = judged(model, truth, pictures, IN_USE.min_score, long_side_px)
                low, high = quality.recall_16px_at_p90_interval
                is_in_use = (precision, long_side_px) == (model.card.precision, IN_USE.long_side_px)
                rows.append(
                    (
                        f"{long_side_px} {precision}" + (" (in use)" if is_in_use else ""),
                        quality.recall_16px_at_p90,
                        f"{low:.3f}–{high:.3f}",
                        quality.recall_16px,
                        quality.precision_16px,
                        quality.recall_all,
                        quality.ap,
                        cpu_ms(load_detector(model, replace(IN_USE, long_side_px=long_side_px)), pictures),
                    )
                )
    title = f"WIDER subset, 100 pictures of 416×416 px, 216 faces from 16 px on: {IN_USE.model}"
    report.tables.append(Table(title, COLUMNS, rows))
    report.publish()


if __name__ == "__main__":
    main()
