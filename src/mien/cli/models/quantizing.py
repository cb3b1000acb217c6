"""Bringing models into int8, and what it costs them."""

from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mien.cli.models.listing import NameArgument
from mien.cli.options import DetectorOption
from mien.cli.terminal import (
    ConfigOption,
    DownloadBar,
    JsonOption,
    invocation,
    limit_opencv,
    print_json,
    print_table,
    print_text,
    working,
)
from mien.domain.clock import SystemClock

if TYPE_CHECKING:
    from mien.inference.measuring.precisions import PrecisionTable


ImagesOption = Annotated[
    Path | None, typer.Option("--images", metavar="DIR", help="The folder of pictures.", show_default=False)
]
PairsOption = Annotated[
    Path | None,
    typer.Option(
        "--pairs", metavar="FILE", help="For a recogniser: a list of pairs as LFW has it.", show_default=False
    ),
]
TruthOption = Annotated[
    Path | None,
    typer.Option("--truth", metavar="FILE", help="For a detector: JSON with the boxes.", show_default=False),
]
DatasetOption = Annotated[
    Path | None,
    typer.Option(
        "--dataset",
        metavar="FILE|DIR",
        help="For an expression network: FER+, or a folder of folders.",
        show_default=False,
    ),
]


def quantize_model(
    context: typer.Context,
    name: NameArgument,
    images: ImagesOption = None,
    pairs: PairsOption = None,
    truth: TruthOption = None,
    dataset: DatasetOption = None,
    detector: DetectorOption = None,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Bring a model into int8, and keep that where its accuracy falls by no more than 0.2 points.

    Labelled pictures as `mien evaluate` takes them: every eighth calibrates, the others measure f32, bf16 and int8.
    Afterwards `recognition: {precision: int8}` in the settings runs it. The exit code is 1 where it is refused.

    Example: `mien models quantize mobilefacenet --images lfw/ --pairs pairsDevTrain.txt`
    """
    from mien.inference.catalog import load_catalog
    from mien.wiring.tuning.quantising import Material, quantise_model

    call = invocation(context)
    card = load_catalog(home=call.settings(config, checks_models=False).home).card(name)
    chosen = {"detector": detector} if detector else {}
    settings = call.settings(config, chosen | ({"detector": card.name} if card.task == "detection" else {}))
    limit_opencv()
    material = Material(images, pairs, truth, dataset)
    table = quantise_model(settings, card, material, partial(working, call), SystemClock(), DownloadBar(call))
    if json:
        print_json({**asdict(table), "loss": table.loss, "is_kept": table.is_bearable})
    else:
        print_precisions(table)
        print_text(verdict(table))
    if not table.is_bearable:
        raise typer.Exit(1)


def print_precisions(table: "PrecisionTable") -> None:
    """How right and how fast a model is in each precision."""
    from mien.inference.measuring.naming import measure_told

    columns = ("precision", f"{measure_told(table.measure)}.", "against f32.", "ms OpenVINO.", "ms ONNX Runtime.")
    f32 = table.accuracy["f32"]
    rows = (
        (
            precision,
            f"{accuracy:.4f}",
            "" if precision == "f32" else _points(accuracy - f32),
            _ms(table.ms("openvino", precision)),
            _ms(table.ms("onnxruntime", precision)),
        )
        for precision, accuracy in table.accuracy.items()
    )
    print_table(f"{table.model}: {table.on}; one picture on one thread", columns, rows)


def verdict(table: "PrecisionTable") -> str:
    """What follows from what was measured, in one line."""
    from mien.inference.measuring.precisions import MOST_LOSS

    layers = table.layers + len(table.left_in_f32)
    change = f"{_points(-table.loss)}, {_points(-MOST_LOSS)} are allowed"
    if table.step > MOST_LOSS:
        change += f"; one of these {table.measured_on} is {100 * table.step:.2f} points, less cannot be told on them"
    if not table.is_bearable:
        return f"{table.model}: not kept in int8 ({change})"
    return f"{table.model}: kept in int8, {table.layers} of {layers} layers ({change})"


def _points(change: float) -> str:
    return f"{round(change * 100, 2) + 0.0:+.2f} points"  # no minus before nothing


def _ms(value: float | None) -> str:
    return "" if value is None else f"{value:.2f}"
