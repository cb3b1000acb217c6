"""What the size of the network's input does to the default detector, and what a second one does, on WIDER FACE."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

from benchmarks.measures.detection import SEARCHING, cpu_ms, judged, street_frames
from benchmarks.parts.close_faces import close_faces, judge_close
from benchmarks.parts.report import Report, Table, measured, shared

from mien.domain.faces import Detections
from mien.domain.frame import Pixels
from mien.evaluation.detection import STRATA, judge, read_truth
from mien.inference.installed import InstalledModel
from mien.inference.session import Precision, RuntimeSettings
from mien.settings import Settings
from mien.sources.images import read_picture
from mien.sources.pixels import ArrayPixels
from mien.vision.detection.canvas_detector import CanvasDetector
from mien.vision.detection.detector import DetectionSettings
from mien.vision.detection.families.yunet import NETWORK
from mien.vision.detection.suppression import suppress
from mien.vision.loading import load_detector
from mien.wiring.models import build_shelf

PRECISIONS: tuple[Precision, ...] = ("f32", "bf16")
LONG_SIDES_PX = (416, 544, 640, 736, 832, 960)

IN_USE = DetectionSettings()
LOOKS: Mapping[str, tuple[int, ...]] = MappingProxyType(
    {
        "one look, 640": (640,),
        "one look, 960": (960,),
        "looks of 320 and 960, all they see": (320, 960),
        "looks of 640 and 960, all they see": (640, 960),
    }
)
COLUMNS = ("long side", "recall 16px at p90", "95 %", "recall 16px", "precision 16px", "recall all", "AP", "CPU ms")


def main() -> None:
    """Print and store one table, over the precision too where this machine has several."""
    shelf = build_shelf(Settings(runtime=RuntimeSettings(precision="f32", threads=1)))
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
    frames = street_frames()
    rows = []
    ways = [
        (name, _Looks.of(model, SEARCHING, sides), _Looks.of(model, IN_USE, sides)) for name, sides in LOOKS.items()
    ]
    shipped = "960, and a third of it for large faces only (in use)"
    for name, searching, in_use in [*ways, (shipped, load_detector(model, SEARCHING), load_detector(model, IN_USE))]:
        quality = judge(truth, [searching.detect(picture) for picture in pictures], IN_USE.min_score)
        near = judge_close(in_use, close)
        rows.append(
            (
                name,
                quality.recall_16px_at_p90,
                *(quality.strata[name].recall_at_p90 for name in STRATA),
                f"{near.found} of {near.frames}, {near.others} others",
                cpu_ms(in_use, pictures),
                cpu_ms(in_use, frames),
            )
        )
    columns = ("looks", "recall 16px at p90", *STRATA, "fills the frame", "CPU ms, square", "CPU ms, 1080p")
    return Table(f"One look or two: {model.name}, f32", columns, rows)


@dataclass(frozen=True, slots=True)
class _Looks:
    """Looks at a picture in several sizes, each for faces of every size; what is seen twice is suppressed."""

    detectors: Sequence[CanvasDetector]

    @classmethod
    def of(cls, model: InstalledModel, settings: DetectionSettings, sides_px: Sequence[int]) -> "_Looks":
        network = replace(NETWORK, large_face_px=0)
        return cls([CanvasDetector(model, replace(settings, long_side_px=side), network) for side in sides_px])

    def detect(self, pixels: Pixels) -> Detections:
        return suppress(Detections.concat([detector.detect(pixels) for detector in self.detectors]))


if __name__ == "__main__":
    main()
