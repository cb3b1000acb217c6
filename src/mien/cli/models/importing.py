"""Importing one's own checkpoints as models, and removing them again."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from mien.cli.models.listing import NameArgument
from mien.cli.terminal import JsonOption, invocation, print_json, print_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from mien.vision.importing import Imported


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
    from mien.settings.borrowing import borrowed
    from mien.vision.importing import Wanted
    from mien.wiring.importing import import_model as bring_in

    call = invocation(context)
    settings = call.settings(checks_models=False)
    given = tuple(one.strip() for one in labels.split(",")) if labels else ()
    stated = _stated(use, licence)
    found = bring_in(settings, Wanted(family, tuple(files), name, given, stated))
    if not json:
        print_text("\n".join(_lines(found, is_stated=bool(stated))))
        return
    told = ("name", "task", "family", "allowed_use", "licence_weights", "use_note")
    fields = {field: getattr(found.card, field) for field in told}
    print_json({**fields, "proven_on": found.proven_on, "goes_by": borrowed(found.card)})


def _lines(found: "Imported", is_stated: bool) -> "Iterator[str]":
    """What came of an import: the model, whose terms apply to it, and what has to be done yet."""
    from mien.inference.standing.terms import is_restricted, terms
    from mien.settings.borrowing import borrowed

    card = found.card
    yield (
        f"{card.name}: a model of the family {card.family} ({card.task}), {card.size_bytes / 1e6:.1f} MB, "
        f"runs here on {' and '.join(found.proven_on)}"
    )
    whose = "those you state" if is_stated else "those of its published files; --use and --licence state others"
    yield f"terms of use ({whose}): {terms(card)}"
    if is_restricted(card):
        yield f"it runs once they are accepted: mien models accept {card.name}"
    if other := borrowed(card):
        yield f"it goes by {other}"
    if strange := list(_strange(card.labels)):
        yield f"labels that are none of mien's own, so that emotion_results.csv leaves them out: {', '.join(strange)}"


def _strange(labels: "Iterable[str]") -> "Iterator[str]":
    """Labels that mien has no word for, each with the one that may be meant."""
    from difflib import get_close_matches

    from mien.domain.emotions import EMOTION_LABELS

    for label in labels:
        if label not in EMOTION_LABELS:
            meant = get_close_matches(label, EMOTION_LABELS, n=1)
            yield f"{label} (did you mean {meant[0]}?)" if meant else label


def _stated(use: str | None, licence: str) -> dict[str, str]:
    """What the user says of the terms, by the fields of a card."""
    words = {"allowed_use": use or "", "licence_weights": " ".join(licence.split())}
    stated = {field: text for field, text in words.items() if text}
    return {**stated, "use_note": "as whoever imported it states"} if stated else {}


def remove_model(context: typer.Context, name: NameArgument, json: JsonOption = False) -> None:
    """Remove a model that was imported, and what was made of it; models that mien ships stay."""
    from mien.inference.catalog import load_catalog
    from mien.inference.home_models import HomeModels
    from mien.inference.weights import WeightStore
    from mien.settings import models_behind

    call = invocation(context)
    settings = call.settings(checks_models=False)
    known = [card for card in load_catalog(home=settings.home).models if card.is_imported and card.name == name]
    HomeModels(settings.home).remove(name)
    for card in known:
        WeightStore(settings.cache).drop_quantised(card)
    if name in dict(models_behind(settings, load_catalog(home=settings.home), cameras=settings.cameras.values())):
        call.notice(f"the settings still name {name}: choose another model there")
    if json:
        print_json({"removed": name})
    else:
        print_text(f"{name}: removed")
