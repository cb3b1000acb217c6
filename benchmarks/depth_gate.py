"""Pictures of faces and far passers-by beside true faces of real films, with depth rendered around them.

How much of what is planted does the depth gate remove, how many true faces are lost, and what does it cost? Its
constants were chosen on two films with other random numbers; what counts are the other people of three further films.
The same scenes without depth must come out as they do without the gate.
"""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any

import numpy as np
from benchmarks.parts.report import Report, Table, measured, shared
from tests.support.depth import Picture, Portrait, portraits
from tests.support.encoding import read_pictures
from tests.support.footage import man
from tests.support.planting import KINDS, SHEETS, TRUE, Fate, fates, scene_of, share_refused

from mien.domain.frame import Frame
from mien.inference.catalog import load_catalog
from mien.inference.home_models import HomeModels
from mien.inference.installed import InstalledModel, ModelShelf
from mien.inference.opening import open_runtime
from mien.inference.session import RuntimeSettings
from mien.inference.weights import WeightStore
from mien.pipeline.finding import FaceFinder
from mien.pipeline.timings import StageTimings
from mien.vision.depth.gate import DepthGate
from mien.vision.depth.settings import DepthSettings
from mien.vision.detection.detector import DetectionSettings, Detector
from mien.vision.loading import load_detector

CHOSEN_ON = ("acted-d0", "acted-d3")
HELD_OUT = ("acted-d6", "acted-d9")
FREE = "carphone"
EVERY, SEED = 10, 2027
GATE = DepthGate(DepthSettings())
BANDS = ((0.6, 1.2), (1.2, 2.0), (2.0, 2.75), (2.75, 3.5), (4.3, 6.5))
COLUMNS = ("kind", "m away", "seen", "refused", "share refused")


def main() -> None:
    """Build scenes of both parts of the footage and judge what the detector finds in them."""
    report = Report("depth_gate")
    with measured() as report.seconds, TemporaryDirectory() as home:
        weights = WeightStore.from_environment(os.environ)
        shelf = ModelShelf(load_catalog(), weights, HomeModels(Path(home)), open_runtime(RuntimeSettings()), (), "f32")
        detector = load_detector(shelf.take("yunet"), DetectionSettings())
        trial = _Trial(detector, shelf.take)
        own, _ = trial.run([_film(name) for name in CHOSEN_ON], SEED + 1)
        held, kept = trial.run([*(_film(name) for name in HELD_OUT), man(weights)[::EVERY]], SEED)
        report.facts = _shares("chosen on", own) | _shares("held out", held)
        report.facts["pictures without depth"] = len(kept)
        report.facts["of these, changed by the gate"] = sum(_is_changed(frame, detector) for frame in kept)
        report.facts["µs a face, ten in a picture"] = _cost_us(kept[0], detector)
    title = f"Depth gate on {', '.join((*HELD_OUT, FREE))}, chosen on {', '.join(CHOSEN_ON)}"
    report.tables += [Table(title, COLUMNS, _rows(held)), Table("In short", ("", "value"), list(report.facts.items()))]
    report.publish()


@dataclass(frozen=True)
class _Trial:
    """A detector, the gate as it is by default, and how models are taken."""

    detector: Detector
    take: Callable[[str], InstalledModel]

    def run(self, films: Sequence[list[Picture]], seed: int) -> tuple[list[Fate], list[Frame]]:
        """What becomes of everything in the scenes made of some films, and some of their frames."""
        chance = np.random.default_rng(seed)
        found: list[Fate] = []
        kept: list[Frame] = []
        for number, (one, other) in enumerate(pair for film in films for pair in _pairs(portraits(film, self.take))):
            for kind in KINDS:
                scene = scene_of(kind, one, other, chance)
                found += fates(scene, self.detector, GATE)
                if number % 10 == 0:
                    kept.append(scene.frame())
        return found, kept


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


def _is_changed(frame: Frame, detector: Detector) -> bool:
    plain = Frame(frame.camera, 0, 0.0, 0.0, frame.pixels)
    with_gate, without = (FaceFinder(detector, one, StageTimings()).find(plain).faces for one in (GATE, None))
    columns = ("boxes", "scores", "landmarks")
    return any(not np.array_equal(getattr(with_gate, one), getattr(without, one)) for one in columns)


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
