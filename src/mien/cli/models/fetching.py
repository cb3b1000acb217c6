"""Fetching models, so that mien works without a network afterwards."""

from typing import TYPE_CHECKING, Annotated

import typer

from mien.cli.models.terms import answers_on_record
from mien.cli.terminal import DownloadBar, Invocation, JsonOption, invocation, print_json, print_text
from mien.domain.errors import MienError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

    from mien.inference.catalog import Catalog
    from mien.inference.model_card import ModelCard
    from mien.settings import Settings


def pull_models(
    context: typer.Context,
    names: Annotated[
        list[str] | None,
        typer.Argument(metavar="NAME", help="Models to fetch; without any: those the settings use."),
    ] = None,
    every: Annotated[
        bool,
        typer.Option("--all", metavar="", help="Fetch every model that may run here, and the demo's pictures."),
    ] = False,
    json: JsonOption = False,
) -> None:
    """Fetch models, so that mien works without a network afterwards.

    A model that is restricted, such as to research, is fetched where it is named, and its terms are told; --all leaves
    it out until they are accepted.
    """
    from mien.inference.weights import WeightStore

    if names and every:
        raise UsageError("name models or use --all, not both")
    call = invocation(context)
    settings = call.settings(checks_models=not (names or every))
    left_out: list[str] = []
    if every:
        wanted, left_out = _every(call, settings)
    else:
        wanted = _named(call, settings, names)
    weights = WeightStore(settings.cache, settings.models_mirror, DownloadBar(call), settings.home)
    paths: dict[str, list[str]] = {}
    for card in wanted:
        weights.distrust(card)
        try:
            paths[card.name] = [str(path) for path in weights.paths(card)]
        except MienError as error:
            call.failure(str(error))
            continue
        if not json:
            print_text(f"{card.name}: {', '.join(paths[card.name]) or 'has no files'}")
    if json:
        rows = [{"name": name, "path": next(iter(found), ""), "paths": found} for name, found in paths.items()]
        print_json({"models": rows, "left_out": left_out})
    if len(paths) < len(wanted):
        raise typer.Exit(1)


def _named(call: Invocation, settings: "Settings", names: list[str] | None) -> "list[ModelCard]":
    """The models of these names, or behind the settings; what may be done with them is told where there is a limit.

    With a detector that sees no landmarks comes what measures them.
    """
    from mien.inference.standing.terms import is_restricted, terms
    from mien.settings import FACE_MESH, models_behind

    catalog, may_run = _known(call, settings)
    behind = dict(models_behind(settings, catalog, cameras=settings.cameras.values()))
    cards = [catalog.card(name) for name in dict.fromkeys(names or behind)]
    is_blind = any(card.task == "detection" and not card.has_landmarks for card in cards)
    if names and is_blind and settings.detection.landmarks == "measured" and FACE_MESH not in names:
        cards.append(catalog.card(FACE_MESH))
    for card in cards:
        if is_restricted(card) or card.use_note:
            asked = "" if may_run(card) else f"; mien models accept {card.name} lets it run"
            call.notice(f"{card.name}: {terms(card)}{asked}")
    return cards


def _every(call: Invocation, settings: "Settings") -> "tuple[list[ModelCard], list[str]]":
    """All models that may run, and the names of the others, which are said."""
    catalog, may_run = _known(call, settings)
    left_out = [card.name for card in catalog.cards() if not may_run(card)]
    if left_out:
        call.notice(f"left out until their terms are accepted (mien models accept NAME): {', '.join(left_out)}")
    return [card for card in catalog.cards() if may_run(card)], left_out


def _known(call: Invocation, settings: "Settings") -> "tuple[Catalog, Callable[[ModelCard], bool]]":
    """What models there are, and whether each may run."""
    from mien.inference.catalog import load_catalog
    from mien.inference.home_models import is_accepted

    answers = answers_on_record(call, settings)
    return load_catalog(home=settings.home), lambda card: is_accepted(card, answers, settings.accepted_models)
