"""Measuring models on this machine: their speed, and whether they still do what they did."""

from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from mien.cli.models.listing import NamesArgument
from mien.cli.models.terms import answers_on_record
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
from mien.domain.clock import SystemClock
from mien.domain.errors import MienError, ModelError

if TYPE_CHECKING:
    from mien.inference.measuring.speed import Speed
    from mien.inference.model_card import ModelCard
    from mien.inference.weights import WeightStore
    from mien.settings import Settings


PrecisionName = Literal["auto", "f32", "bf16"]


def bench_models(context: typer.Context, names: NamesArgument = None, json: JsonOption = False) -> None:
    """Measure how fast models are on this machine, OpenVINO beside ONNX Runtime, and keep it for the list.

    Without names: every model that is here and may run. A detector looks for faces on a picture of 640×640 px, every
    other model is shown one face: alone on one thread, and then on all cores. Spread tells how far the rounds differ.
    """
    from mien.inference.home_models import HomeModels, check_accepted
    from mien.inference.measuring.speed import cpu_name, speeds_path, write_speeds
    from mien.wiring.models import build_scene, time_model

    call = invocation(context)
    settings = call.settings(checks_models=False)
    limit_opencv()
    measured: dict[str, tuple[Speed, ...]] = {}
    cards = _cards(call, settings, names, lambda card: card.task != "demo")
    weights, home = _weights(call, settings), HomeModels(settings.home)
    scene = build_scene(settings, DownloadBar(call))
    with working(call, "models") as advance:
        for number, card in enumerate(cards, start=1):
            try:
                check_accepted(card, home, settings.accepted_models)
                weights.paths(card)
                measured[card.name] = time_model(settings, card, scene)
            except MienError as error:
                call.failure(f"{card.name}: {error}")
            advance(number, len(cards))
    is_kept = True
    try:
        if measured:
            write_speeds(speeds_path(settings.cache), measured, SystemClock().now())
    except ModelError as error:
        is_kept = False
        call.failure(f"what was measured is shown, and not kept: {error}")
    if json:
        print_json({"cpu": cpu_name(), "models": {name: _rows(speeds) for name, speeds in measured.items()}})
    elif measured:
        _print_speeds(cpu_name(), measured)
        if not all(speed.is_steady for speeds in measured.values() for speed in speeds):
            call.notice("where a ! stands something else kept the machine busy: measure again when nothing does")
    if len(measured) < len(cards) or not is_kept:
        raise typer.Exit(1)


def _rows(speeds: "tuple[Speed, ...]") -> list[dict[str, object]]:
    return [{**asdict(speed), "is_steady": speed.is_steady} for speed in speeds]


def _print_speeds(cpu: str, measured: "Mapping[str, tuple[Speed, ...]]") -> None:
    columns = ("model", "runtime", "precision", "ms on one thread.", "ms of CPU.", "a second on all cores.", "spread.")
    rows = (
        (
            name,
            one.runtime,
            one.precision,
            f"{one.ms:.2f}",
            f"{one.cpu_ms:.2f}",
            f"{one.per_second:.0f}",
            f"{one.spread:.0%}{'' if one.is_steady else '!'}",
        )
        for name, speeds in measured.items()
        for one in speeds
    )
    print_table(cpu, columns, rows, ("ms of CPU.", "spread."))


def verify_models(
    context: typer.Context,
    names: NamesArgument = None,
    precision: Annotated[
        PrecisionName, typer.Option(help="auto: as each model runs here, by the settings or its card.")
    ] = "auto",
    json: JsonOption = False,
) -> None:
    """Run models on a reference picture and compare what they give with their stored output.

    Without names: every model that is here and may run. In f32 the outputs have to agree closely, in the precision that
    a model runs in besides it by and large. The exit code is 1 where one gives something else.
    """
    from mien.settings import models_behind
    from mien.wiring.models import build_shelf, verify_model

    call = invocation(context)
    settings = call.settings(checks_models=False)
    shelf = build_shelf(settings, DownloadBar(call))
    cards = _cards(call, settings, names, lambda card: card.has_network)
    behind = models_behind(settings, shelf.catalog, cameras=settings.cameras.values())
    chosen = dict(behind) if precision == "auto" else {}
    verdicts = [verify_model(shelf, card, chosen.get(card.name, precision)) for card in cards]
    if json:
        print_json({"models": [asdict(verdict) for verdict in verdicts]})
    else:
        for verdict in verdicts:
            print_text(f"{verdict.name}: {verdict.reason or f'right, off by {verdict.difference:.1e}'}")
    if not all(verdict.is_right for verdict in verdicts):
        raise typer.Exit(1)


def _cards(
    call: Invocation, settings: "Settings", names: list[str] | None, is_meant: "Callable[[ModelCard], bool]"
) -> "list[ModelCard]":
    """The models that were named, or all that are meant where nobody names any, are here and may run."""
    from mien.inference.catalog import load_catalog
    from mien.inference.home_models import is_accepted

    catalog = load_catalog(home=settings.home)
    if names:
        return [catalog.card(name) for name in dict.fromkeys(names)]
    weights, answers = _weights(None, settings), answers_on_record(call, settings)
    here = (card for card in catalog.cards() if is_meant(card) and weights.is_cached(card))
    return [card for card in here if is_accepted(card, answers, settings.accepted_models)]


def _weights(call: Invocation | None, settings: "Settings") -> "WeightStore":
    """The cache of model files, which shows a call how they come."""
    from mien.inference.weights import WeightStore

    progress = DownloadBar(call) if call else None
    return WeightStore(settings.cache, settings.models_mirror, progress, settings.home)
