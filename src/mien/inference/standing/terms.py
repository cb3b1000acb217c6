"""Terms of use of a model, in words: what they are, and whether they were accepted."""

from collections.abc import Mapping

from mien.inference.home_models import FREE, Acceptance
from mien.inference.model_card import ModelCard


def terms(card: ModelCard) -> str:
    """What may be done with a model, and what its weights are licensed under."""
    return "; ".join(filter(None, (card.allowed_use, f"licence of its weights: {card.licence_weights}", card.use_note)))


def is_restricted(card: ModelCard) -> bool:
    """Whether a model runs only after its terms were accepted."""
    return card.allowed_use not in FREE


def answer_told(card: ModelCard, answers: Mapping[str, Acceptance], also: tuple[str, ...]) -> str:
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
