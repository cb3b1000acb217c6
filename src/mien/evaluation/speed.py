"""How fast a model does its task on this machine: a picture or a face at a time, runtimes and precisions in turns."""

import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from mien.domain.faces import Detections
from mien.domain.frame import Pixels
from mien.inference.installed import InstalledModel
from mien.inference.measuring.speed import WITHOUT_RUNTIME, Speed
from mien.inference.session import Precision, Runtime
from mien.sources.pixels import ArrayPixels, Image
from mien.vision.answering import answering
from mien.vision.detection.detector import DetectionSettings
from mien.vision.reference_scene import reference_face, reference_scene

SIDE_PX = 640
"""Of the picture that detectors look at, and of their canvas."""

ROUNDS = 5
_LEAST_RUNS = 3
_SECONDS = 0.12
"""So long a model runs in a round, alone and again with others of its kind."""

_PORTRAIT_BOX = (0.352, 0.119, 0.525, 0.344)
_PORTRAIT_LANDMARKS = ((0.396, 0.199), (0.48, 0.205), (0.434, 0.248), (0.395, 0.277), (0.471, 0.283))
"""Of the face on the astronaut's portrait, in sides of the picture."""

Work = Callable[[], object]


@dataclass(frozen=True, slots=True)
class Scene:
    """A picture of 640×640 px and the one face on it."""

    pixels: Pixels
    face: Detections


@dataclass(frozen=True, slots=True)
class Machine:
    """The runtimes of a machine: each on one thread, and the same ones, in the same order, on all its cores."""

    alone: tuple[Runtime, ...]
    together: tuple[Runtime, ...]
    cores: int


@dataclass(frozen=True, slots=True)
class _Way:
    """A model that is ready to run on a runtime in a precision: on one thread, and on all cores."""

    runtime: str
    precision: Precision
    alone: Work
    together: Work


@dataclass(frozen=True, slots=True)
class _Round:
    """Milliseconds of time and of CPU of the middle run of several, and how many a second ran together."""

    ms: float
    cpu_ms: float
    per_second: float


def portrait_scene(portrait: Image) -> Scene:
    """The portrait of the astronaut that the catalogue lists, (512, 512, 3) BGR."""
    pixels = ArrayPixels(ArrayPixels(portrait).scaled(SIDE_PX, SIDE_PX))
    box, landmarks = np.array([_PORTRAIT_BOX], np.float32), np.array([_PORTRAIT_LANDMARKS], np.float32)
    return Scene(pixels, Detections(box * SIDE_PX, np.ones(1, np.float32), landmarks * SIDE_PX))


def drawn_scene() -> Scene:
    """The picture that is drawn by rule, where no portrait is to be had: cascades are through with it sooner."""
    return Scene(ArrayPixels(reference_scene(SIDE_PX, SIDE_PX)), reference_face(SIDE_PX, SIDE_PX))


def time_model(
    model: InstalledModel, scene: Scene, machine: Machine, quantised: tuple[Path, ...] = ()
) -> tuple[Speed, ...]:
    """The speeds of a model at its task, in every precision that a runtime has and the model has files for.

    A detector looks for faces on the picture, everything else is shown the face. ``quantised`` are the int8 files,
    where there are any. All ways to run it take turns, so that what else keeps the machine busy meets them alike.
    Raises ModelError where it does not run.
    """
    ways = list(_ways(model, scene, machine, quantised))
    rounds = [[_round(way, machine.cores) for way in ways] for _ in range(ROUNDS)]
    return tuple(_speed(way, [of_all[place] for of_all in rounds], model.card.digest) for place, way in enumerate(ways))


def _ways(model: InstalledModel, scene: Scene, machine: Machine, quantised: tuple[Path, ...]) -> Iterator[_Way]:
    if not model.card.has_network:
        work = _work(model, scene)
        yield _Way(WITHOUT_RUNTIME, "f32", work, work)
        return
    for single, whole in zip(machine.alone, machine.together, strict=True):
        for precision in single.precisions:
            if paths := quantised if precision == "int8" else model.paths:
                chosen = replace(model, paths=paths, precision=precision)
                alone, together = (_work(replace(chosen, runtime=runtime), scene) for runtime in (single, whole))
                yield _Way(single.name, precision, alone, together)


def _work(model: InstalledModel, scene: Scene) -> Work:
    """What a model is timed at, done once, so that all it needs is loaded."""
    detection = DetectionSettings(long_side_px=SIDE_PX)
    brought = model.card.settings.get("detection.min_score", detection.min_score)
    answer = answering(model, replace(detection, min_score=brought))
    answer(scene.pixels, scene.face)
    return lambda: answer(scene.pixels, scene.face)


def _round(way: _Way, cores: int) -> _Round:
    way.alone()  # the caches held what ran before
    times: list[tuple[float, float]] = []
    began = time.perf_counter()
    while len(times) < _LEAST_RUNS or time.perf_counter() - began < _SECONDS:
        started, cpu_started = time.perf_counter(), time.process_time()
        way.alone()
        times.append((time.perf_counter() - started, time.process_time() - cpu_started))
    ms, cpu_ms = (1000 * statistics.median(column) for column in zip(*times, strict=True))
    return _Round(ms, cpu_ms, _per_second(way.together, cores))


def _per_second(work: Work, callers: int) -> float:
    """How often work is done in a second where so many threads do nothing else."""

    def keep_on(_: int) -> float:
        began, runs = time.perf_counter(), 0
        while runs < _LEAST_RUNS or time.perf_counter() - began < _SECONDS:
            work()
            runs += 1
        return runs / (time.perf_counter() - began)

    with ThreadPoolExecutor(callers) as pool:
        return sum(pool.map(keep_on, range(callers)))


def _speed(way: _Way, rounds: Sequence[_Round], digest: str) -> Speed:
    times = [one.ms for one in rounds]
    best = min(times)
    return Speed(
        runtime=way.runtime,
        precision=way.precision,
        ms=round(best, 3),
        cpu_ms=round(min(one.cpu_ms for one in rounds), 3),
        per_second=round(max(one.per_second for one in rounds), 1),
        digest=digest,
        spread=round(statistics.median(times) / best - 1, 3),
    )
