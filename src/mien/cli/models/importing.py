"""Importing one's own checkpoints as models, and removing them again."""

from pathlib import Path
from typing import Annotated

import typer

from mien.cli.models.listing import NameArgument
from mien.cli.terminal import JsonOption, invocation, print_json, print_text


def import_model(
    context: typer.Context,
    family: Annotated[str, typer.Argument(metavar="FAMILY", help="What kind of model it is: `mien models families`.")],
    files: Annotated[
        list[Path], typer.Argument(metavar="FILE", help="The checkpoint; some families take several, in their order.")
    ],
    name: Annotated[str, typer.Option(metavar="N", help="Its name; without one, that of the file.")] = "",
    labels: Annotated[
        str,
        typer.Option(metavar="A,B,…", help="Of an expression network: its labels, where they are not the family's."),
    ] = "",
    json: JsonOption = False,
) -> None:
    """Turn an official checkpoint into a model that mien runs, without executing anything that is in it.

    PyTorch, ONNX, Keras, TensorFlow Lite and frozen TensorFlow files are read, as the family takes them. The result is
    proven on two runtimes before it is kept in the home; terms of use are those of the family.

    Example: `mien models import resemotenet rafdb_model.pth --name resemotenet-rafdb`
    """
    from mien.vision.importing import Wanted
    from mien.wiring import import_model as bring_in

    call = invocation(context)
    settings = call.settings()
    wanted = Wanted(family, tuple(files), name, tuple(filter(None, (one.strip() for one in labels.split(",")))))
    card = bring_in(settings, wanted)
    if json:
        print_json({"name": card.name, "task": card.task, "family": card.family, "allowed_use": card.allowed_use})
        return
    print_text(
        f"{card.name}: a {card.task} model of the family {card.family}, {card.size_bytes / 1e6:.1f} MB, runs here"
    )
    if card.allowed_use not in ("any", "demonstration"):
        call.notice(f"its use is {card.allowed_use}: mien models accept {card.name}")


def remove_model(context: typer.Context, name: NameArgument, json: JsonOption = False) -> None:
    """Remove a model that was imported; models that mien ships stay."""
    from mien.inference.catalog import load_catalog
    from mien.inference.home_models import HomeModels

    settings = invocation(context).settings()
    card = load_catalog(home=settings.home).card(name)
    HomeModels(settings.home).remove(card)
    if json:
        print_json({"removed": card.name})
    else:
        print_text(f"{card.name}: removed")
