"""Importing one's own checkpoints as models, and removing them again."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from mien.cli.models.borrowing import borrowed
from mien.cli.models.listing import NameArgument
from mien.cli.models.terms import is_restricted, terms
from mien.cli.terminal import JsonOption, invocation, print_json, print_text

if TYPE_CHECKING:
    from mien.inference.model_card import ModelCard

_TOLD = ("name", "task", "family", "allowed_use", "licence_weights", "use_note")


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
    use: Annotated[
        Literal["any", "research-only", "copyleft"] | None,
        typer.Option(
            metavar="USE",
            help="What its terms allow, where they are not the family's: any, research-only or copyleft.",
            show_default=False,
        ),
    ] = None,
    licence: Annotated[
        str, typer.Option(metavar="TEXT", help="The licence of its weights, where it is not the family's.")
    ] = "",
    json: JsonOption = False,
) -> None:
    """Turn an official checkpoint into a model that mien runs, without executing anything that is in it.

    PyTorch, ONNX, Keras, TensorFlow Lite and frozen TensorFlow files are read, as the family takes them. The result is
    proven on the runtimes that are here before it is kept in the home. Terms of use are those of the family's published
    files, unless you state those of yours.

    Example: `mien models import resemotenet rafdb_model.pth --name rafdb --use research-only`
    """
    from mien.vision.importing import Wanted
    from mien.wiring import import_model as bring_in

    call = invocation(context)
    settings = call.settings(checks_models=False)
    given = tuple(one.strip() for one in labels.split(",")) if labels else ()
    stated = _stated(use, licence)
    found = bring_in(settings, Wanted(family, tuple(files), name, given, stated))
    card, missing = found.card, borrowed(found.card)
    if json:
        fields = {field: getattr(card, field) for field in _TOLD}
        print_json({**fields, "proven_on": found.proven_on, "goes_by": missing})
        return
    runtimes, megabytes = " and ".join(found.proven_on), f"{card.size_bytes / 1e6:.1f} MB"
    print_text(f"{card.name}: a model of the family {card.family} ({card.task}), {megabytes}, runs here on {runtimes}")
    print_text("\n".join(_terms_and_thresholds(card, bool(stated), missing)))


def _terms_and_thresholds(card: "ModelCard", is_stated: bool, missing: str) -> Iterator[str]:
    """What may be done with a model, and what was not measured of it."""
    whose = "those you state" if is_stated else "those of its published files; --use and --licence state others"
    yield f"terms of use ({whose}): {terms(card)}"
    if is_restricted(card):
        yield f"it runs once they are accepted: mien models accept {card.name}"
    if missing:
        yield f"it goes by {missing}"


def _stated(use: str | None, licence: str) -> dict[str, str]:
    """What the user says of the terms, by the fields of a card."""
    words = {"allowed_use": use or "", "licence_weights": " ".join(licence.split())}
    stated = {field: text for field, text in words.items() if text}
    return {**stated, "use_note": "as whoever imported it states"} if stated else {}


def remove_model(context: typer.Context, name: NameArgument, json: JsonOption = False) -> None:
    """Remove a model that was imported; models that mien ships stay."""
    from mien.inference.catalog import load_catalog
    from mien.inference.home_models import HomeModels
    from mien.wiring import models_behind

    call = invocation(context)
    settings = call.settings(checks_models=False)
    HomeModels(settings.home).remove(name)
    if name in dict(models_behind(settings, load_catalog(home=settings.home), cameras=settings.cameras.values())):
        call.notice(f"the settings still name {name}: choose another model there")
    if json:
        print_json({"removed": name})
    else:
        print_text(f"{name}: removed")
