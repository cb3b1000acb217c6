"""The options that choose models, the same for every command that runs some."""

from collections.abc import Sequence
from typing import Annotated

import typer

_PANEL = "Models"


def _option(name: str, what: str, metavar: str = "NAME") -> typer.models.OptionInfo:
    told: typer.models.OptionInfo = typer.Option(
        f"--{name}", metavar=metavar, help=what, show_default=False, rich_help_panel=_PANEL
    )
    return told


DetectorOption = Annotated[str | None, _option("detector", "What finds faces; `mien models list` shows what there is.")]
RecognizerOption = Annotated[str | None, _option("recognizer", "What tells people apart.")]
EmotionOption = Annotated[str | None, _option("emotion", "What reads expressions.")]
QualityOption = Annotated[str | None, _option("quality", "What judges the picture of a face.")]
LivenessOption = Annotated[
    str | None,
    _option("liveness", "Tell live faces from prints and screens; without a name: minifasnet.", metavar="[NAME]"),
]


def chosen(
    detector: str | None = None,
    recognizer: str | None = None,
    emotion: str | None = None,
    quality: str | None = None,
    liveness: str | None = None,
) -> dict[str, str]:
    """The models that were named on the command line, by the shorthand of the settings."""
    named = {
        "detector": detector,
        "recognizer": recognizer,
        "emotion": emotion,
        "quality": quality,
        "liveness": liveness,
    }
    return {name: value for name, value in named.items() if value is not None}


def with_liveness_named(arguments: Sequence[str]) -> list[str]:
    """The arguments with the default model after every ``--liveness`` that no model's name follows.

    The parser knows no options whose value may be left out, and would take a picture's name for it.
    """
    option = "--liveness"
    if option not in arguments:
        return list(arguments)
    from mien.inference.catalog import load_catalog
    from mien.settings import Settings
    from mien.settings.models import DEFAULT_LIVENESS

    known = {card.name for card in load_catalog(home=Settings().home).cards("liveness")}
    named: list[str] = []
    for position, argument in enumerate(arguments):
        following = arguments[position + 1] if position + 1 < len(arguments) else ""
        is_bare = argument == option and following not in known
        named.append(f"{option}={DEFAULT_LIVENESS}" if is_bare else argument)
    return named
