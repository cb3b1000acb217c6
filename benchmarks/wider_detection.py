"""What the size of the network's input does to the default detector, and what a second one does, on WIDER FACE."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from benchmarks.measures.detection import SEARCHING, cpu_ms, judged
from benchmarks.parts.close_faces import close_faces, judge_close
from benchmarks.parts.report import Report, Table, measured, shared

from mien import wiring
from mien.domain.faces import Detections
from mien.domain.frame import Pixels
from mien.evaluation.detection import STRATA, judge, read_truth
from mien.inference.installed import InstalledModel
from mien.inference.session import Precision, RuntimeSettings
from mien.settings import Settings
from mien.sources.images import read_picture
from mien.sources.pixels import ArrayPixels
from mien.vision.detection.detector import DetectionSettings, Detector
from mien.vision.detection.suppression import suppress
from mien.vision.loading import load_detector

PRECISIONS: tuple[Precision, ...] = ("f32", "bf16")
LONG_SIDES_PX = (416, 544, 640, 736, 832, 960)

IN_USE = DetectionSettings()
SCALES: tuple[tuple[int, ...], ...] = ((416,), (640,), (960,), (416, 960), (640, 960))
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
    report.tables.append(_scales(shelf.take(IN_USE.model, "f32")))
    report.publish()


def _scales(model: InstalledModel) -> Table:
    """Faces by their size, and those that fill the frame, with one look and with two."""
    truth = read_truth(shared("data", "wider", "truth.json"))
    folder = shared("data", "wider", "images")
    pictures = [ArrayPixels(read_picture(str(folder / picture.file), 100.0)) for picture in truth]
    close = tuple(close_faces(shared("data", "lfw"), load_detector(model, IN_USE)))
    rows = []
    for sides_px in SCALES:
        searching, in_use = _Looks.of(model, SEARCHING, sides_px), _Looks.of(model, IN_USE, sides_px)
        quality = judge(truth, [searching.detect(picture) for picture in pictures], IN_USE.min_score)
        near = judge_close(in_use, close)
        rows.append(
            (
                " + ".join(map(str, sides_px)),
                quality.recall_16px_at_p90,
                *(quality.strata[name].recall_at_p90 for name in STRATA),
                f"{near.found} of {near.frames}, {near.others} others",
                cpu_ms(in_use, pictures),
            )
        )
    columns = ("long side", "recall 16px at p90", *STRATA, "fills the frame", "CPU ms")
    return Table(f"One look or two: {model.name}, f32", columns, rows)


@dataclass(frozen=True, slots=True)
class _Looks:
    """A detector that looks at a picture in several sizes and suppresses what it sees twice."""

    detectors: Sequence[Detector]

    @classmethod
    def of(cls, model: InstalledModel, settings: DetectionSettings, sides_px: Sequence[int]) -> "_Looks":
        return cls([load_detector(model, replace(settings, long_side_px=side_px)) for side_px in sides_px])

    def detect(self, pixels: Pixels) -> Detections:
        return suppress(Detections.concat([detector.detect(pixels) for detector in self.detectors]))


if __name__ == "__main__":
    main()
