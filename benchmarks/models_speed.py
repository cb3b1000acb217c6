"""How fast every model that can be had here runs: either runtime, every precision, one thread and all cores."""

from datetime import UTC, datetime

from benchmarks.model_pages import SPEEDS
from benchmarks.report import Report, Table, measured

from mien import wiring
from mien.domain.errors import ModelUnavailable
from mien.inference.measuring.speed import Speed, write_speeds
from mien.settings import load_settings
from mien.telemetry.process import usable_cpus

COLUMNS = ("model, runtime, precision", "ms on one thread", "CPU ms", "a second on all cores", "× one thread")


def main() -> None:
    """Time every model, print one row per runtime and precision, and write the ``speeds.json`` of the tables.

    The last column is what all cores give beside one: pictures a second of a batch, over those of one thread.
    """
    settings = load_settings()
    found: dict[str, tuple[Speed, ...]] = {}
    report = Report("models_speed", facts={"threads": usable_cpus()})
    with measured() as report.seconds:
        for card in wiring.build_shelf(settings).catalog.cards():
            if card.files and card.task != "demo":
                try:
                    found[card.name] = wiring.time_model(settings, card)
                except ModelUnavailable as error:
                    print(f"left out: {error}")
    rows = [
        (f"{name}, {one.runtime}, {one.precision}", one.ms, one.cpu_ms, one.per_second, one.per_second * one.ms / 1000)
        for name, speeds in found.items()
        for one in speeds
    ]
    report.tables.append(Table(f"One picture; all cores are {usable_cpus()}", COLUMNS, rows))
    report.publish()
    write_speeds(SPEEDS, found, datetime.now(UTC))


if __name__ == "__main__":
    main()
