"""The options that choose models, the same for every command that runs some."""

import inspect
from collections.abc import Callable, Collection, Mapping, Sequence
from functools import wraps
from mimetypes import guess_type
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mien.cli.terminal import invocation
from mien.domain.errors import SettingsError

if TYPE_CHECKING:
    from mien.settings import Settings

Chosen = Mapping[str, str]
"""The models that were named on the command line, by the shorthand of the settings."""

Command = Callable[..., None]
_LIVENESS = "--liveness"
_HELP = {
    "detector": "What finds faces; `mien models list` shows what there is.",
    "recognizer": "What tells people apart; lbph needs no network, and is not what `mien lbph` trains.",
    "emotion": "What reads expressions.",
    "quality": "What judges the picture of a face.",
    "liveness": "Tell live faces from prints and screens; without a name: minifasnet; none: do not.",
    "pose": "What tells where heads turn; none: nothing does.",
}
_IDLE = "Has no effect here."


def _option(name: str, what: str) -> typer.models.OptionInfo:
    metavar = "[NAME]" if name == "liveness" else "NAME"
    told: typer.models.OptionInfo = typer.Option(
        f"--{name}", metavar=metavar, help=what, show_default=False, rich_help_panel="Models"
    )
    return told


DetectorOption = Annotated[str | None, _option("detector", _HELP["detector"])]


def model_options(*offered: str, idle: Collection[str] = ()) -> Callable[[Command], Command]:
    """Give a command the options that choose models, all six where none is named; it gets them as ``chosen``.

    Those in ``idle`` are taken, so that the options of one command fit another, and a notice says that they have no
    effect.
    """
    names = offered or tuple(_HELP)

    def decorate(command: Command) -> Command:
        @wraps(command)
        def with_options(**given: Any) -> None:
            named = {name: given.pop(name) for name in names}
            chosen = {name: value for name, value in named.items() if value is not None}
            if vain := ", ".join(f"--{name}" for name in chosen if name in idle):
                context: typer.Context = given["context"]
                invocation(context).notice(f"without effect on {context.command_path}: {vain}")
            command(**given, chosen=chosen)

        own = [one for one in inspect.signature(command).parameters.values() if one.name != "chosen"]
        options = [
            inspect.Parameter(
                name,
                inspect.Parameter.KEYWORD_ONLY,
                default=None,
                annotation=Annotated[str | None, _option(name, _IDLE if name in idle else _HELP[name])],
            )
            for name in names
        ]
        keywords = [one.replace(kind=inspect.Parameter.KEYWORD_ONLY) for one in own]
        with_options.__signature__ = inspect.Signature([*keywords, *options])  # type: ignore[attr-defined]
        return with_options

    return decorate


def with_liveness_named(arguments: Sequence[str]) -> list[str]:
    """The arguments with the default model after every ``--liveness`` that no model's name follows.

    The parser knows no options whose value may be left out, and would take a picture's name for it.
    """
    end = arguments.index("--") if "--" in arguments else len(arguments)
    if _LIVENESS not in arguments[:end]:
        return list(arguments)
    from mien.settings.models import DEFAULT_LIVENESS

    is_name = _name_test(_settings(arguments[:end]))
    named: list[str] = []
    for position, argument in enumerate(arguments):
        following = arguments[position + 1] if position + 1 < end else ""
        is_bare = argument == _LIVENESS and position < end and not is_name(following)
        named.append(f"{_LIVENESS}={DEFAULT_LIVENESS}" if is_bare else argument)
    return named


def _settings(arguments: Sequence[str]) -> "Settings | None":
    """The settings that the call will use, or none where they are wrong, which is told when they are used."""
    from mien.settings import load_settings

    config: Path | None = None
    for argument, following in zip(arguments, [*arguments[1:], ""], strict=True):
        if argument == "--config":
            config = Path(following)
        elif argument.startswith("--config="):
            config = Path(argument.removeprefix("--config="))
    try:
        return load_settings(config, checks_models=False)
    except SettingsError:
        return None


def _name_test(settings: "Settings | None") -> Callable[[str], bool]:
    """What tells whether a word after ``--liveness`` is the name of a model, if perhaps a misspelt one.

    It is none where it is an option, a number, a file or an address, or the name of a camera.
    """
    from mien.inference.catalog import load_catalog
    from mien.settings.models import NO_MODEL

    known = {card.name for card in load_catalog(home=settings.home if settings else None).cards("liveness")}
    cameras = settings.cameras if settings else {}

    def is_name(word: str) -> bool:
        if word in known or word == NO_MODEL:
            return True
        is_plain = word[:1].isalnum() and not word.isdigit() and not set(word) & set("/\\:*?[")
        return is_plain and word not in cameras and guess_type(word)[0] is None and not Path(word).exists()

    return is_name
