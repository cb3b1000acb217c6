"""Measuring what an imported model's numbers mean."""

from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from mien.cli.models.listing import in_columns, scale_rows
from mien.cli.models.quantizing import PairsOption
from mien.cli.options import DetectorOption
from mien.cli.terminal import (
    ConfigOption,
    DownloadBar,
    JsonOption,
    invocation,
    limit_opencv,
    print_json,
    print_text,
    working,
)


def calibrate_model(
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME", help="An imported recogniser or quality network.")],
    images: Annotated[Path, typer.Option("--images", metavar="DIR", help="The folder of pictures.")],
    pairs: PairsOption = None,
    detector: DetectorOption = None,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Measure on your pictures where an imported recogniser's thresholds lie, or what a quality network's numbers mean.

    A recogniser is measured on pairs as `mien evaluate verification` takes them: its thresholds come to lie where as
    few pairs of two people reach them as reach those of the default recogniser. What the numbers of a quality network
    mean is read on any pictures, good and poor ones. Both is kept on the card; until then they go by what was measured
    of others.

    Example: `mien models calibrate w600k_r50 --images lfw/ --pairs pairsDevTrain.txt`
    """
    from mien.inference.catalog import load_catalog
    from mien.wiring.tuning.calibrating import Pictures
    from mien.wiring.tuning.calibrating import calibrate_model as calibrate

    call = invocation(context)
    settings = call.settings(config, {"detector": detector} if detector else {})
    card = load_catalog(home=settings.home).card(name)
    limit_opencv()
    pictures = Pictures(images, pairs)
    found = calibrate(settings, card, pictures, partial(working, call), DownloadBar(call))
    if json:
        fields = asdict(found)
        print_json({key: fields[key] for key in ("name", "thresholds", "settings", "score_curve", "measured")})
        return
    print_text("\n".join(in_columns(scale_rows(found))))
