"""Terms of use of models: telling them in a line, and accepting them."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from mien.cli.terminal import Invocation, JsonOption, invocation, print_json, print_text
from mien.domain.errors import ModelError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mien.inference.home_models import Acceptance
    from mien.inference.model_card import ModelCard
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


def terms(card: "ModelCard") -> str:
    """What may be done with a model, and what its weights are licensed under."""
    return "; ".join(filter(None, (card.allowed_use, f"licence of its weights: {card.licence_weights}", card.use_note)))


def is_restricted(card: "ModelCard") -> bool:
    """Whether a model runs only after its terms were accepted."""
    return card.allowed_use not in ("any", "demonstration")


def answer_told(card: "ModelCard", answers: "Mapping[str, Acceptance]", also: tuple[str, ...]) -> str:
    """Whether the terms of a restricted model were accepted, when and where; nothing of others."""
    if not is_restricted(card):
        return ""
    answer = answers.get(card.name)
    if card.name in also and (answer is None or answer.given_by == "settings"):
        return "accepted by the settings"
    if answer is None or answer.given_by == "settings":
        return "not accepted"
    return (
        f"accepted on {answer.at[:10]}" if answer.covers(card) else f"changed since it was accepted on {answer.at[:10]}"
    )
