"""Importing one's own checkpoints as models, and removing them again."""

from pathlib import Path
from typing import Annotated

import typer

from mien.cli.models.listing import NameArgument
from mien.cli.terminal import JsonOption, invocation, models_in_use, print_json, print_text


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
    proven on the runtimes that are here before it is kept in the home; terms of use are those of the family.

    Example: `mien models import resemotenet rafdb_model.pth --name resemotenet-rafdb`
    """
    from mien.vision.importing import Wanted
    from mien.wiring import import_model as bring_in

    call = invocation(context)
    settings = call.settings(checks_models=False)
    given = tuple(one.strip() for one in labels.split(",")) if labels else ()
    found = bring_in(settings, Wanted(family, tuple(files), name, given))
    card = found.card
    if json:
        told = {"name": card.name, "task": card.task, "family": card.family, "allowed_use": card.allowed_use}
        print_json({**told, "proven_on": found.proven_on})
        return
    print_text(
        f"{card.name}: a {card.task} model of the family {card.family}, {card.size_bytes / 1e6:.1f} MB, "
        f"runs here on {' and '.join(found.proven_on)}"
    )
    if card.allowed_use not in ("any", "demonstration"):
        call.notice(f"its use is {card.allowed_use}: mien models accept {card.name}")


def remove_model(context: typer.Context, name: NameArgument, json: JsonOption = False) -> None:
    """Remove a model that was imported; models that mien ships stay."""
    from mien.inference.home_models import HomeModels

    call = invocation(context)
    settings = call.settings(checks_models=False)
    HomeModels(settings.home).remove(name)
    if name in models_in_use(settings):
        call.notice(f"the settings still name {name}: choose another model there")
    if json:
        print_json({"removed": name})
    else:
        print_text(f"{name}: removed")
