"""Measuring models on this machine: their speed, and whether they still do what they did."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from mien.cli.models.listing import NamesArgument
from mien.cli.terminal import (
    Invocation,
    JsonOption,
    invocation,
    limit_opencv,
    print_json,
    print_table,
    print_text,
    working,
)
from mien.domain.errors import MienError

if TYPE_CHECKING:
    from mien.inference.measuring.speed import Speed
    from mien.inference.model_card import ModelCard
    from mien.settings import Settings


PrecisionName = Literal["auto", "f32", "bf16"]


def bench_models(context: typer.Context, names: NamesArgument = None, json: JsonOption = False) -> None:
    """Measure how fast models run on this machine, OpenVINO beside ONNX Runtime, and keep it for the list.

    Without names: every model that is here. Each runs alone on one thread, and then on all cores.
    """
    from mien import wiring
    from mien.domain.clock import SystemClock
    from mien.inference.measuring.speed import cpu_name, speeds_path, write_speeds

    call = invocation(context)
    settings = call.settings()
    limit_opencv()
    measured: dict[str, tuple[Speed, ...]] = {}
    cards = _cards(call, settings, names)
    with working(call, "models") as advance:
        for number, card in enumerate(cards, start=1):
            try:
                measured[card.name] = wiring.time_model(settings, card)
            except MienError as error:
                call.failure(f"{card.name}: {error}")
            advance(number, len(cards))
    write_speeds(speeds_path(settings.cache), measured, SystemClock().now())
    if json:
        models = {name: [asdict(speed) for speed in speeds] for name, speeds in measured.items()}
        print_json({"cpu": cpu_name(), "models": models})
    else:
        columns = ("model", "runtime", "precision", "ms on one thread.", "ms of CPU.", "a second on all cores.")
        print_table(
            cpu_name(),
            columns,
            (
                (name, one.runtime, one.precision, f"{one.ms:.2f}", f"{one.cpu_ms:.2f}", f"{one.per_second:.0f}")
                for name, speeds in measured.items()
                for one in speeds
            ),
        )
    if len(measured) < len(cards):
        raise typer.Exit(1)


def verify_models(
    context: typer.Context,
    names: NamesArgument = None,
    precision: Annotated[PrecisionName, typer.Option(help="auto: as each model runs here.")] = "auto",
    json: JsonOption = False,
) -> None:
    """Run models on a reference picture and compare what they give with their stored output.

    Without names: every model that is here. The exit code is 1 where one gives something else.
    """
    from mien import wiring

    call = invocation(context)
    settings = call.settings()
    verdicts = [wiring.verify_model(settings, card, precision) for card in _cards(call, settings, names)]
    if json:
        print_json({"models": [asdict(verdict) for verdict in verdicts]})
    else:
        for verdict in verdicts:
            print_text(f"{verdict.name}: {verdict.reason or f'right, off by {verdict.difference:.1e}'}")
    if not all(verdict.is_right for verdict in verdicts):
        raise typer.Exit(1)


def _cards(call: Invocation, settings: "Settings", names: list[str] | None) -> "list[ModelCard]":
    """The models that were named, fetched, or all that are here; those without a file have nothing to measure."""
    from mien.cli.terminal import DownloadBar
    from mien.inference.catalog import load_catalog
    from mien.inference.weights import WeightStore

    catalog = load_catalog(home=settings.home)
    weights = WeightStore(settings.cache, settings.models_mirror, DownloadBar(call), settings.home)
    if names:
        cards = [catalog.card(name) for name in names]
        for card in cards:
            weights.paths(card)
        return cards
    return [card for card in catalog.cards() if card.task != "demo" and card.files and weights.is_cached(card)]
