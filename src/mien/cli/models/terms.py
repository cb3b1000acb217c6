"""Accepting the terms of use of models, and what is on record about them."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from mien.cli.terminal import Invocation, JsonOption, invocation, print_json, print_text
from mien.domain.errors import ModelError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mien.inference.home_models import Acceptance
    from mien.settings import Settings


def accept_models(
    context: typer.Context,
    names: Annotated[list[str], typer.Argument(metavar="NAME", help="Models whose terms you accept.")],
    json: JsonOption = False,
) -> None:
    """Accept the terms of models that are restricted, such as to research; the answer is recorded in the home.

    Read them first: `mien models show NAME`. A model whose terms or file change is asked about again. Of a model that
    is free to use nothing is recorded.
    """
    from mien.inference.catalog import load_catalog
    from mien.inference.home_models import HomeModels
    from mien.inference.standing.terms import is_restricted, terms

    settings = invocation(context).settings(checks_models=False)
    catalog, home = load_catalog(home=settings.home), HomeModels(settings.home)
    cards = [catalog.card(name) for name in dict.fromkeys(names)]
    restricted, free = (list(filter(is_restricted, cards)), [card for card in cards if not is_restricted(card)])
    for card in restricted:
        home.accept(card)
    if json:
        answers = home.accepted() if restricted else {}
        rows = [{"name": card.name, **asdict(answers[card.name])} for card in restricted]
        print_json({"accepted": rows, "free": [card.name for card in free]})
        return
    for card in restricted:
        print_text(f"{card.name}: accepted, {terms(card)}")
    for card in free:
        print_text(f"{card.name}: needs no acceptance, {terms(card)}")


def answers_on_record(call: Invocation, settings: "Settings") -> "Mapping[str, Acceptance]":
    """The recorded answers; a record that cannot be read is told, and nothing counts as accepted by it."""
    from mien.inference.home_models import HomeModels

    try:
        return HomeModels(settings.home).accepted()
    except ModelError as error:
        call.failure(str(error))
        return {}
