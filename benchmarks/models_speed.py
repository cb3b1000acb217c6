"""How fast every model that can be had here does its task: runtimes and precisions, one thread and all cores."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

import cv2
from benchmarks.parts.report import Report, Table, measured
from benchmarks.written.model_pages import SPEEDS

from mien.domain.errors import ModelUnavailable
from mien.inference.catalog import load_catalog
from mien.inference.measuring.speed import Speed, write_speeds
from mien.settings import load_settings
from mien.telemetry.process import usable_cpus
from mien.wiring.models import build_scene, time_model

COLUMNS = (
    "model, runtime, precision",
    "ms on one thread",
    "CPU ms",
    "a second on all cores",
    "× one thread",
    "spread",
)
PASSES = 3
"""Minutes apart: a machine that is slow for one of them is not for all."""


def main() -> None:
    """Time every model, print one row per runtime and precision, and write the ``speeds.json`` of the tables."""
    cv2.setNumThreads(1)
    settings, found = load_settings(), dict[str, tuple[Speed, ...]]()
    report = Report("models_speed", facts={"threads": usable_cpus()})
    with measured() as report.seconds:
        scene = build_scene(settings)
        for _ in range(PASSES):
            for card in load_catalog().cards():
                if card.task == "demo":
                    continue
                try:
                    found[card.name] = best(found.get(card.name, ()), time_model(settings, card, scene))
                except ModelUnavailable as error:
                    print(f"left out: {error}")
    rows = [
        (
            f"{name}, {one.runtime}, {one.precision}",
            one.ms,
            one.cpu_ms,
            one.per_second,
            one.per_second * one.ms / 1000,
            f"{one.spread:.0%}{'' if one.is_steady else '!'}",
        )
        for name, speeds in found.items()
        for one in speeds
    ]
    report.tables.append(Table("One picture or face", COLUMNS, rows))
    report.publish()
    write_speeds(SPEEDS, found, datetime.now(UTC))


def best(before: Sequence[Speed], now: Sequence[Speed]) -> tuple[Speed, ...]:
    """Of each way to run a model the faster pass, with its spread, and the most that all cores ever did."""
    if not before:
        return tuple(now)
    pairs = [sorted(pair, key=lambda one: one.ms) for pair in zip(before, now, strict=True)]
    return tuple(
        replace(first, cpu_ms=min(first.cpu_ms, last.cpu_ms), per_second=max(first.per_second, last.per_second))
        for first, last in pairs
    )


if __name__ == "__main__":
    main()
