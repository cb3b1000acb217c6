"""How fast every model that can be had here runs, and what requests on all cores give beside one."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from benchmarks.parts.report import Report, Table, measured
from benchmarks.written.model_pages import SPEEDS

from mien import wiring
from mien.domain.errors import ModelUnavailable
from mien.inference.batches import normalised
from mien.inference.installed import ModelShelf
from mien.inference.measuring.speed import Speed, write_speeds
from mien.inference.model_card import ModelCard
from mien.inference.openvino_runtime import OpenVinoRuntime
from mien.inference.session import Floats, Precision, Session
from mien.settings import Settings, load_settings
from mien.telemetry.process import usable_cpus
from mien.vision.reference_scene import reference_picture

COLUMNS = ("model, runtime, precision", "ms on one thread", "CPU ms", "a second on all cores")
CORE_COLUMNS = ("model, precision", "a second on one core", "a second on all cores", "× one core")
ROUNDS = 8
BATCH = 32


def main() -> None:
    """Time every model, print one row per runtime and precision, and write the ``speeds.json`` of the tables.

    Then the models in use by default: a batch by one request and by one for each core, in turns, the best of either.
    """
    settings = load_settings()
    shelf = wiring.build_shelf(settings)
    found: dict[str, tuple[Speed, ...]] = {}
    report = Report("models_speed", facts={"threads": usable_cpus()})
    with measured() as report.seconds:
        for card in shelf.catalog.cards():
            if card.has_network:
                try:
                    found[card.name] = wiring.time_model(settings, card)
                except ModelUnavailable as error:
                    print(f"left out: {error}")
        cores = [_on_cores(shelf, card, precision) for card, precision in _in_use(settings, shelf)]
    rows = [
        (f"{name}, {one.runtime}, {one.precision}", one.ms, one.cpu_ms, one.per_second)
        for name, speeds in found.items()
        for one in speeds
    ]
    report.tables.append(Table("One picture", COLUMNS, rows))
    report.tables.append(Table(f"Batches of {BATCH} on 1 and on {usable_cpus()} cores", CORE_COLUMNS, cores))
    report.publish()
    write_speeds(SPEEDS, found, datetime.now(UTC))


def _in_use(settings: Settings, shelf: ModelShelf) -> Iterator[tuple[ModelCard, Precision]]:
    for section in (settings.detection, settings.recognition, settings.emotion):
        card = shelf.catalog.card(section.model)
        if card.files:
            yield card, shelf.precision_of(card, section.precision)


def _on_cores(shelf: ModelShelf, card: ModelCard, precision: Precision) -> tuple[Any, ...]:
    layout = shelf.take(card.name).layout
    path = (shelf.weights.quantised(card) if precision == "int8" else shelf.weights.paths(card))[0]
    picture = normalised(reference_picture(*layout.shape), layout.mean, layout.scale)
    batch = np.repeat(picture, BATCH, axis=0)
    one, every = (_loaded(path, layout.shape, precision, threads) for threads in (1, usable_cpus()))
    seconds = [(_seconds(one, batch), _seconds(every, batch)) for _ in range(ROUNDS)]
    alone, together = (BATCH / min(row[place] for row in seconds) for place in (0, 1))
    return f"{card.name}, {precision}", alone, together, together / alone


def _loaded(path: Path, shape: tuple[int, int, int], precision: Precision, threads: int) -> Session:
    return OpenVinoRuntime(threads).load(path, (1, *shape), precision)


def _seconds(session: Session, batch: Floats) -> float:
    started = time.perf_counter()
    session.run(batch)
    return time.perf_counter() - started


if __name__ == "__main__":
    main()
