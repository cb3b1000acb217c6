"""Terms of use of models: telling them in a line, and accepting them."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from mien.cli.terminal import JsonOption, invocation, print_json, print_text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mien.inference.home_models import Acceptance
    from mien.inference.model_card import ModelCard


def accept_models(
    context: typer.Context,
    names: Annotated[list[str], typer.Argument(metavar="NAME", help="Models whose terms you accept.")],
    json: JsonOption = False,
) -> None:
    """Accept the terms of models that are restricted, such as to research; the answer is recorded in the home.

    Read them first: `mien models show NAME`. A model whose terms or file change is asked about again.
    """
    from mien.inference.catalog import load_catalog
    from mien.inference.home_models import HomeModels

    settings = invocation(context).settings(checks_models=False)
    catalog, home = load_catalog(home=settings.home), HomeModels(settings.home)
    cards = [catalog.card(name) for name in names]
    for card in cards:
        home.accept(card)
    if json:
        answers = home.accepted()
        print_json({"accepted": [{"name": card.name, **asdict(answers[card.name])} for card in cards]})
        return
    for card in cards:
        print_text(f"{card.name}: accepted, {terms(card)}")


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
