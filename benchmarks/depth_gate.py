"""Pictures of faces and far passers-by beside true faces of real films, with depth rendered around them.

How much of what is planted does the depth gate remove, how many true faces are lost, and what does it cost? Its
constants were chosen on two films with other random numbers; what counts are the other people of two further films.
Harder conditions, of the measurement and of what hides a face, have rows of their own.
"""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any

import numpy as np
from benchmarks.parts.report import Report, Table, measured, shared
from tests.support.depth import Measuring, Picture, Portrait, Scene, portraits
from tests.support.encoding import read_pictures
from tests.support.obstructed import OBSTRUCTED, OTHER
from tests.support.planting import KINDS, SHEETS, TRUE, Fate, fates, scene_of, share_refused
from tests.support.sheets import View

from mien.domain.frame import Frame
from mien.inference.catalog import load_catalog
from mien.inference.home_models import HomeModels
from mien.inference.installed import InstalledModel, ModelShelf
from mien.inference.opening import open_runtime
from mien.inference.session import RuntimeSettings
from mien.inference.weights import WeightStore
from mien.vision.depth.gate import DepthGate
from mien.vision.depth.settings import DepthSettings
from mien.vision.detection.detector import DetectionSettings, Detector
from mien.vision.loading import load_detector

CHOSEN_ON = ("acted-d0", "acted-d3")
HELD_OUT = ("acted-d6", "acted-d9")
EVERY, SEED = 10, 2027
GATE = DepthGate(DepthSettings())
BANDS = ((0.6, 1.2), (1.2, 2.0), (2.0, 2.75), (2.75, 3.5), (4.3, 6.5))
COLUMNS = ("kind", "m away", "seen", "refused", "share refused")
HARDER = ("condition", "true faces", "lost", "share lost", "planted", "removed", "share removed")
EVERY_HARDER = 3  # portraits
MEASURED = {
    "noise without windows": Measuring(window_px=1),
    "windows of 13 px": Measuring(window_px=13),
    "twice the noise": Measuring(noise_steps=1.0),
    "depth of 320×240": Measuring(size=(320, 240)),
    "depth of 160×120": Measuring(size=(160, 120)),
    "patches, 30 % not measured": Measuring(blotches=0.3),
}
LENSES = {"90° across": 0.5, "45° across": 1.2, "35° across": 1.6}  # widths of the picture


def main() -> None:
    """Build scenes of both parts of the footage and judge what the detector finds in them."""
    report = Report("depth_gate")
    with measured() as report.seconds, TemporaryDirectory() as home:
        weights = WeightStore.from_environment(os.environ)
        shelf = ModelShelf(load_catalog(), weights, HomeModels(Path(home)), open_runtime(RuntimeSettings()), (), "f32")
        detector = load_detector(shelf.take("yunet"), DetectionSettings())
        own = _Trial(detector, _people(CHOSEN_ON, shelf.take), np.random.default_rng(SEED + 1))
        held = _Trial(detector, _people(HELD_OUT, shelf.take), np.random.default_rng(SEED))
        usual = held.usual()
        report.facts = _shares("chosen on", own.usual()) | _shares("held out", usual)
        harder = held.harder()
        report.facts["µs a face, ten in a picture"] = _cost_us(held.any_frame(), detector)
    title = f"Depth gate on {', '.join(HELD_OUT)}, chosen on {', '.join(CHOSEN_ON)}"
    report.tables += [
        Table(title, COLUMNS, _rows(usual)),
        Table("Harder", HARDER, [_in_short(name, found) for name, found in harder.items()]),
        Table("In short", ("", "value"), list(report.facts.items())),
    ]
    report.publish()


@dataclass(frozen=True)
class _Trial:
    """A detector and pairs of looks at one person, the one for a true face and the other for what is planted."""

    detector: Detector
    pairs: list[tuple[Portrait, Portrait]]
    chance: np.random.Generator = field(repr=False)

    def usual(self) -> list[Fate]:
        """What becomes of everything under the usual conditions."""
        return [
            fate
            for pair in self.pairs
            for kind in KINDS
            for fate in fates(scene_of(kind, pair, self.chance), self.detector, GATE)
        ]

    def harder(self) -> dict[str, list[Fate]]:
        """What becomes of it under each of the harder ones."""
        found: dict[str, list[Fate]] = {}
        for pair in self.pairs[::EVERY_HARDER]:
            for kind in KINDS:
                scene = scene_of(kind, pair, self.chance)
                for name, measuring in MEASURED.items():
                    found.setdefault(name, []).extend(fates(scene, self.detector, GATE, measuring))
            for name, focal in LENSES.items():
                for kind in SHEETS[:2]:
                    scene = scene_of(kind, pair, self.chance, View(focal=focal))
                    found.setdefault(name, []).extend(fates(scene, self.detector, GATE))
            for name, (made, is_detected) in OBSTRUCTED.items():
                for _ in range(3):
                    some = fates(made(pair, self.chance), self.detector if is_detected else None, GATE)
                    found.setdefault(name, []).extend(one for one in some if one.kind != OTHER)
        return found

    def any_frame(self) -> Frame:
        scene: Scene = scene_of(KINDS[0], self.pairs[0], self.chance)
        return scene.frame()


def _people(films: Sequence[str], take: Callable[[str], InstalledModel]) -> list[tuple[Portrait, Portrait]]:
    return [pair for film in films for pair in _pairs(portraits(_film(film), take))]


def _film(name: str) -> list[Picture]:
    return list(read_pictures(shared("data", "videos", f"{name}.mp4"), 10**6))[::EVERY]


def _pairs(people: Sequence[Portrait]) -> list[tuple[Portrait, Portrait]]:
    """Each look at somebody with another one, from half a film away."""
    return [(one, people[(number + len(people) // 2) % len(people)]) for number, one in enumerate(people)]


def _rows(found: Sequence[Fate]) -> list[tuple[Any, ...]]:
    rows = []
    for kind in (TRUE, *KINDS):
        for low, high in BANDS:
            some = [one for one in found if one.kind == kind and low <= one.distance_m < high]
            if some:
                rows.append(
                    (kind, f"{low}–{high}", len(some), sum(one.is_refused for one in some), share_refused(some))
                )
    return rows


def _in_short(name: str, found: Sequence[Fate]) -> tuple[Any, ...]:
    row: list[Any] = [name]
    for some in ([one for one in found if one.kind == TRUE], [one for one in found if one.kind != TRUE]):
        row += [len(some), sum(one.is_refused for one in some), share_refused(some)]
    return tuple(row)


def _shares(name: str, found: Sequence[Fate]) -> dict[str, Any]:
    true = [one for one in found if one.kind == TRUE]
    planted = [one for one in found if one.kind != TRUE]
    flat = [one for one in planted if one.kind in SHEETS]
    return {
        f"{name}: true faces": len(true),
        f"{name}: share of them lost": share_refused(true),
        f"{name}: planted, taken for faces by the detector": len(planted),
        f"{name}: share of them removed": share_refused(planted),
        f"{name}: the same without passers-by": share_refused(flat),
    }


def _cost_us(frame: Frame, detector: Detector) -> float:
    assert frame.depth_mm is not None
    found = detector.detect(frame.pixels)
    ten = found.select([0] * 10)
    spent = []
    for _ in range(50):
        began = perf_counter()
        GATE.judge(ten, frame.depth_mm, (frame.pixels.width, frame.pixels.height))
        spent.append(perf_counter() - began)
    return 1e6 * median(spent) / 10


if __name__ == "__main__":
    main()
