"""``mien lab compare``: how fast every export answers, beside the framework it came from."""

import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch

from mien.domain.errors import SourceNotFound
from mien.inference.measuring.speed import cpu_name
from mien.inference.opening import every_runtime
from mien.inference.session import Session
from mien.lab.evaluate import manifest_for
from mien.lab.export import FOLDER, INT8, Format, exports_of, sample_of, served_network
from mien.lab.exports.keras_file import keras_answerer
from mien.lab.exports.proving import Answerer, Floats, expected
from mien.lab.learning.trained import Trained, open_run
from mien.lab.reports.figures import draw_bars
from mien.lab.result import Progress, Result, no_progress, write_result

ROUNDS = 5
_SECONDS = 0.15
"""So long each way answers in a round; the ways take turns, so that a busy moment of the machine meets all of them."""

_TOGETHER = 16


@dataclass(frozen=True, slots=True)
class CompareRecipe:
    """Which exported run is timed, on faces of which dataset, its own where none is named."""

    run: Path
    dataset: Path | None = None


@dataclass(frozen=True, slots=True)
class Speed:
    """Milliseconds of one face alone and of one among sixteen at once, and how far answers are from the framework's."""

    one_ms: float
    among_ms: float
    difference: float
    times: float


def run(recipe: CompareRecipe, progress: Progress = no_progress) -> Result:
    """Time the framework and every export that there is, on one thread, and write a table and a figure.

    Raises SourceNotFound where nothing was exported of the run as it is now, SourceError, ModelError.
    """
    trained = open_run(recipe.run)
    ways = _ways(trained, exports_of(trained))
    if len(ways) == 1:
        raise SourceNotFound(f"the export of {recipe.run} has nothing that answers: make it with mien lab export")
    sample = sample_of(manifest_for(trained, recipe.dataset).part("val"), trained, _TOGETHER)
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        one: dict[str, list[float]] = {name: [] for name in ways}
        among: dict[str, list[float]] = {name: [] for name in ways}
        for turn in range(ROUNDS):
            for name, answerer in ways.items():
                one[name].append(_ms(answerer, sample[:1]))
                among[name].append(_ms(answerer, sample) / len(sample))
            progress("rounds", turn + 1, ROUNDS)
        speeds = _speeds(ways, one, among, sample)
    finally:
        torch.set_num_threads(threads)
    metrics: dict[str, Any] = {
        "seed": trained.recipe.seed,
        "fingerprint": trained.fingerprint,
        "cpu": cpu_name(),
        "threads": 1,
        "speeds": {name: asdict(speed) for name, speed in speeds.items()},
    }
    folder = recipe.run / FOLDER
    write_result(folder, "compare", asdict(recipe), metrics, "compare.json")
    rows = [
        ("one face", [one.one_ms for one in speeds.values()]),
        ("one of sixteen", [one.among_ms for one in speeds.values()]),
    ]
    draw_bars(list(speeds), rows, "ms, one thread", folder / "compare.png")
    return Result(folder, metrics)


def _ways(trained: Trained, exports: Mapping[Format, Path]) -> dict[str, Answerer]:
    """What answers, by its name: the framework first, then what was exported, and int8 that was made of it."""
    served = served_network(trained)
    ways: dict[str, Answerer] = {"torch": lambda sample: expected(served, sample)}
    if path := exports.get("torchscript"):
        from mien.lab.exports.torchscript import torchscript_answerer

        ways["torchscript"] = torchscript_answerer(path)
    formats: tuple[Format, ...] = ("keras", "h5")
    for name in formats:
        if path := exports.get(name):
            ways[f"keras .{name}"] = keras_answerer(path)
    if onnx := exports.get("onnx"):
        for runtime in every_runtime(("onnxruntime", "openvino")):
            for precision in runtime.precisions:
                file = onnx.with_name(INT8) if precision == "int8" else onnx
                if file.exists():
                    session = runtime.load(file, precision=precision)
                    ways[f"{runtime.name} {precision}"] = partial(_run, session)
    return ways


def _run(session: Session, sample: Floats) -> list[Floats]:
    return list(session.run(sample).values())


def _ms(answerer: Answerer, sample: Floats) -> float:
    """Milliseconds of one call."""
    answerer(sample)  # what is made at the first call is not what is timed
    started, runs = time.perf_counter(), 0
    while runs < 2 or time.perf_counter() - started < _SECONDS:
        answerer(sample)
        runs += 1
    return 1000 * (time.perf_counter() - started) / runs


def _speeds(
    ways: Mapping[str, Callable[[Floats], Any]],
    one: Mapping[str, list[float]],
    among: Mapping[str, list[float]],
    sample: Floats,
) -> dict[str, Speed]:
    wanted = ways["torch"](sample)[0]
    framework = statistics.median(one["torch"])
    return {
        name: Speed(
            round(statistics.median(one[name]), 3),
            round(statistics.median(among[name]), 3),
            float(np.abs(answerer(sample)[0] - wanted).max()),
            round(framework / statistics.median(one[name]), 2),
        )
        for name, answerer in ways.items()
    }
