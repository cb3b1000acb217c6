"""What the verbs of `mien evaluate` work on: folders of pictures, lists of pairs, and models that were fetched."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mien.cli.terminal import Invocation, fetch_models, limit_opencv

if TYPE_CHECKING:
    from mien.inference.installed import ModelShelf
    from mien.settings import Settings

ImagesOption = Annotated[Path, typer.Option("--images", metavar="DIR", help="The folder of pictures.")]
PairsOption = Annotated[Path, typer.Option("--pairs", metavar="FILE", help="A list of pairs as LFW has it.")]


def fetched_shelf(call: Invocation, settings: "Settings", *tasks: str) -> "ModelShelf":
    """Where the models of some tasks are taken from, after they were fetched."""
    from mien.wiring.models import build_shelf

    fetch_models(call, settings, tasks)
    limit_opencv()
    return build_shelf(settings)
