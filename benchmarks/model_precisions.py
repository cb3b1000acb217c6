"""What bf16 and int8 cost in accuracy and give in speed, of every model that there is a measure for."""

import shutil
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.parts.report import Report, Table, measured, shared
from benchmarks.written.model_pages import PRECISION_COLUMNS, PRECISIONS, precision_row

from mien.domain.errors import ModelError
from mien.evaluation.faces import Progress, no_progress
from mien.inference.fetching import SilentProgress
from mien.inference.measuring.precisions import as_text
from mien.inference.model_card import ModelCard, Task
from mien.settings import Settings, load_settings
from mien.wiring.models import build_shelf
from mien.wiring.tuning.quantising import Material, quantise_model


class _Now:
    def now(self) -> datetime:
        return datetime.now(UTC)


def main(names: Sequence[str] = ()) -> None:
    """Quantise and measure these models or all, print a row each, and bring the stored tables up to date.

    The int8 files are made in a copy of the cache that is gone afterwards: whoever wants them makes them on his data.
    """
    report, rows, material = Report("model_precisions"), [], _material()
    with measured() as report.seconds, _own_cache() as settings:
        for card in build_shelf(settings).catalog.cards():
            if not card.has_network or card.task not in material or (names and card.name not in names):
                continue
            try:
                own = _for(card, settings)
                table = quantise_model(own, card, material[card.task], _silent, _Now(), SilentProgress())
            except ModelError as error:
                print(f"left out: {card.name}: {error}", flush=True)
                continue
            PRECISIONS.mkdir(exist_ok=True)
            (PRECISIONS / f"{card.name}.json").write_text(as_text(table), encoding="utf-8")
            rows.append(precision_row(table))
            print(*rows[-1], sep=" | ", flush=True)
    report.tables.append(Table("Accuracy and milliseconds by precision", PRECISION_COLUMNS, rows))
    report.publish()


def _material() -> Mapping[Task, Material]:
    lfw, wider = shared("data", "lfw"), shared("data", "wider")
    return {
        "detection": Material(images=wider / "images", truth=wider / "truth.json"),
        "recognition": Material(images=lfw / "images", pairs=lfw / "pairsDevTrain.txt"),
        "emotion": Material(dataset=shared("data", "ferplus", "ferplus.parquet")),
    }


def _for(card: ModelCard, settings: Settings) -> Settings:
    """The settings with what a detector brings."""
    if card.task != "detection":
        return settings
    chosen = load_settings(chosen={"detector": card.name}, checks_models=False)
    return settings.model_copy(update={"detection": chosen.detection})


@contextmanager
def _own_cache() -> Iterator[Settings]:
    settings = load_settings()
    names = tuple(card.name for card in build_shelf(settings).catalog.cards())
    with TemporaryDirectory() as folder:
        shutil.copytree(settings.cache / "models", Path(folder, "models"), ignore=shutil.ignore_patterns("*int8*"))
        runtime = replace(settings.runtime, precision="f32")
        yield settings.model_copy(update={"cache": Path(folder), "accepted_models": names, "runtime": runtime})


@contextmanager
def _silent(_: str) -> Iterator[Progress]:
    yield no_progress


if __name__ == "__main__":
    main(sys.argv[1:])
