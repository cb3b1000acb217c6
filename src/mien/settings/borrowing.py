"""What a model goes by that was not measured of it, in words."""

from typing import Literal

from mien.inference.model_card import ModelCard


def owner_of_thresholds(card: ModelCard) -> Literal["model", "family", "default recogniser"]:
    """Whose the thresholds are that a recogniser brings: its own, where they were measured of it."""
    if "same_person" not in card.thresholds and "matching.known_similarity" not in card.settings:
        return "default recogniser"
    return "family" if card.is_imported and not card.measured else "model"


def borrowed(card: ModelCard) -> str:
    """What a recogniser or a quality network goes by that was not measured of it, and what measures it; or nothing."""
    how = f"mien models calibrate {card.name} --images DIR"
    if card.task == "recognition" and (owner := owner_of_thresholds(card)) != "model":
        return f"the thresholds of the {owner} until its own are measured: {how} --pairs FILE"
    if card.task == "quality" and card.is_imported and not card.measured:
        from mien.vision.quality.network_assessor import CURVES

        other = "scale of its family" if card.family in CURVES else "built-in judge"
        return f"the {other} until its own scale is measured: {how}"
    return ""
