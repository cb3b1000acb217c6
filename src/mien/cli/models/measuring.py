"""Measuring models on this machine: their speed, and whether they still do what they did."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from mien.cli.models.listing import NamesArgument
from mien.cli.terminal import (
    DownloadBar,
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
    from mien.inference.weights import WeightStore
    from mien.settings import Settings


PrecisionName = Literal["auto", "f32", "bf16"]


def bench_models(context: typer.Context, names: NamesArgument = None, json: JsonOption = False) -> None:
    """Measure how fast models run on this machine, OpenVINO beside ONNX Runtime, and keep it for the list.

    Without names: every model that is here and may run. Each runs alone on one thread, and then on all cores.
    """
    from mien import wiring
    from mien.domain.clock import SystemClock
    from mien.inference.home_models import HomeModels, check_accepted
    from mien.inference.measuring.speed import cpu_name, speeds_path, write_speeds

    call = invocation(context)
    settings = call.settings(checks_models=False)
    limit_opencv()
    measured: dict[str, tuple[Speed, ...]] = {}
    cards, weights, home = _cards(settings, names), _weights(call, settings), HomeModels(settings.home)
    with working(call, "models") as advance:
        for number, card in enumerate(cards, start=1):
            try:
                check_accepted(card, home, settings.accepted_models)
                if card.has_network:
                    weights.paths(card)
                    measured[card.name] = wiring.time_model(settings, card)
                else:
                    call.failure(f"{card.name} has no network, there is nothing to time")
            except MienError as error:
                call.failure(f"{card.name}: {error}")
            advance(number, len(cards))
    if measured:
        write_speeds(speeds_path(settings.cache), measured, SystemClock().now())
    if json:
        models = {name: [asdict(speed) for speed in speeds] for name, speeds in measured.items()}
        print_json({"cpu": cpu_name(), "models": models})
    elif measured:
        _print_speeds(cpu_name(), measured)
    if len(measured) < len(cards):
        raise typer.Exit(1)


def _print_speeds(cpu: str, measured: "Mapping[str, tuple[Speed, ...]]") -> None:
    columns = ("model", "runtime", "precision", "ms on one thread.", "ms of CPU.", "a second on all cores.")
    rows = (
        (name, one.runtime, one.precision, f"{one.ms:.2f}", f"{one.cpu_ms:.2f}", f"{one.per_second:.0f}")
        for name, speeds in measured.items()
        for one in speeds
    )
    print_table(cpu, columns, rows)


def verify_models(
    context: typer.Context,
    names: NamesArgument = None,
    precision: Annotated[PrecisionName, typer.Option(help="auto: as each model runs here.")] = "auto",
    json: JsonOption = False,
) -> None:
    """Run models on a reference picture and compare what they give with their stored output.

    Without names: every model that is here and may run. In f32 the outputs have to agree closely, in the precision that
    a model runs in besides it by and large. The exit code is 1 where one gives something else.
    """
    from mien import wiring

    call = invocation(context)
    settings = call.settings(checks_models=False)
    shelf = wiring.build_shelf(settings, DownloadBar(call))
    verdicts = [wiring.verify_model(shelf, card, precision) for card in _cards(settings, names)]
    if json:
        print_json({"models": [asdict(verdict) for verdict in verdicts]})
    else:
        for verdict in verdicts:
            print_text(f"{verdict.name}: {verdict.reason or f'right, off by {verdict.difference:.1e}'}")
    if not all(verdict.is_right for verdict in verdicts):
        raise typer.Exit(1)


def _cards(settings: "Settings", names: list[str] | None) -> "list[ModelCard]":
    """The models that were named, or all that are here, have a network and may run."""
    from mien.inference.catalog import load_catalog
    from mien.inference.home_models import HomeModels, is_accepted

    catalog = load_catalog(home=settings.home)
    if names:
        return [catalog.card(name) for name in names]
    weights, answers = _weights(None, settings), HomeModels(settings.home).accepted()
    here = (card for card in catalog.cards() if card.has_network and weights.is_cached(card))
    return [card for card in here if is_accepted(card, answers, settings.accepted_models)]


def _weights(call: Invocation | None, settings: "Settings") -> "WeightStore":
    """The cache of model files, which shows a call how they come."""
    from mien.inference.weights import WeightStore

    progress = DownloadBar(call) if call else None
    return WeightStore(settings.cache, settings.models_mirror, progress, settings.home)
