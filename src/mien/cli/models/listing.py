"""`mien models`: the networks mien knows, and fetching them before they are needed."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mien.cli.terminal import DownloadBar, JsonOption, invocation, models_in_use, print_json, print_table, print_text
from mien.domain.errors import MienError, UsageError

if TYPE_CHECKING:
    from mien.inference.model_card import ModelCard, WeightFile

app = typer.Typer(no_args_is_help=True, help="The networks mien knows: list them, read their cards, fetch them.")


@app.command("list")
def list_models(context: typer.Context, json: JsonOption = False) -> None:
    """List every model, and whether it is on this machine already."""
    from mien.inference.catalog import load_catalog
    from mien.inference.weights import WeightStore

    settings = invocation(context).settings()
    weights = WeightStore(settings.cache, settings.models_mirror, home=settings.home)
    cards = [(card, weights.is_cached(card)) for card in load_catalog(home=settings.home).cards()]
    if json:
        print_json({"models": [{**_fields(card), "is_cached": is_cached} for card, is_cached in cards]})
        return
    print_table(
        "",
        ("model", "task", "size.", "licence of the weights", "here", "what it is"),
        (
            (card.name, card.task, _megabytes(card), card.licence_weights, "yes" if is_cached else "", card.description)
            for card, is_cached in cards
        ),
    )


@app.command("show")
def show_model(
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME", help="Name of the model, as `mien models list` gives it.")],
    json: JsonOption = False,
) -> None:
    """Show all that is known about one model."""
    from mien.inference.catalog import load_catalog
    from mien.inference.weights import WeightStore

    settings = invocation(context).settings()
    card = load_catalog(home=settings.home).card(name)
    is_cached = WeightStore(settings.cache, settings.models_mirror, home=settings.home).is_cached(card)
    if json:
        print_json({**_fields(card), "is_cached": is_cached})
    else:
        print_text("\n".join(_card_lines(card, is_cached)))


@app.command("pull")
def pull_models(
    context: typer.Context,
    names: Annotated[
        list[str] | None,
        typer.Argument(metavar="NAME", help="Models to fetch; without any: those the settings use."),
    ] = None,
    every: Annotated[
        bool, typer.Option("--all", metavar="", help="Fetch every model and the demo's pictures.")
    ] = False,
    json: JsonOption = False,
) -> None:
    """Fetch models, so that mien works without a network afterwards."""
    from mien.inference.catalog import load_catalog
    from mien.inference.weights import WeightStore

    if names and every:
        raise UsageError("name models or use --all, not both")
    call = invocation(context)
    settings = call.settings()
    catalog = load_catalog(home=settings.home)
    wanted = [catalog.card(name) for name in names or ()]
    if not names:
        wanted = [card for card in catalog.cards() if every or card.name in models_in_use(settings)]
    weights = WeightStore(settings.cache, settings.models_mirror, DownloadBar(call), settings.home)
    paths: dict[str, str] = {}
    for card in wanted:
        try:
            paths[card.name] = ", ".join(map(str, weights.paths(card)))
        except MienError as error:
            call.failure(str(error))
            continue
        if not json:
            print_text(f"{card.name}: {paths[card.name]}")
    if json:
        print_json({"models": [{"name": name, "path": path} for name, path in paths.items()]})
    if len(paths) < len(wanted):
        raise typer.Exit(1)


def _fields(card: "ModelCard") -> dict[str, Any]:
    files = [{**asdict(file), "sources": [str(source) for source in file.sources]} for file in card.files]
    return {**asdict(card), "size_bytes": card.size_bytes, "files": files}


def _megabytes(card: "ModelCard") -> str:
    return f"{card.size_bytes / 1e6:.1f} MB"


def _card_lines(card: "ModelCard", is_cached: bool) -> list[str]:
    rows = [
        ("name", card.name),
        ("what it is", card.description),
        ("task", card.task),
        ("family", card.family),
        *(row for file in card.files for row in _file_rows(file)),
        ("here", "yes" if is_cached else "not fetched yet"),
        ("upstream", card.upstream),
        ("licence of the code", card.licence_code),
        ("licence of the weights", card.licence_weights),
        ("allowed use", f"{card.allowed_use}; {card.use_note}" if card.use_note else card.allowed_use),
    ]
    if card.input:
        rows.append(("input", f"{'×'.join(map(str, card.input.shape))} {card.input.channels}"))
    if card.labels:
        rows.append(("labels", ", ".join(card.labels)))
    rows += [("threshold", f"{value:.3f} ({name})") for name, value in card.thresholds.items()]
    rows += [("measured", f"{one.name} {one.value:g} on {one.on}") for one in card.measured]
    rows = [(key, value) for key, value in rows if value]
    width = max(len(key) for key, _ in rows)
    return [f"{key:<{width}}  {value}" for key, value in rows]


def _file_rows(file: "WeightFile") -> list[tuple[str, str]]:
    return [
        ("file", f"{file.file}, {file.size_bytes / 1e6:.1f} MB"),
        ("sha256", file.sha256),
        *(("from", str(source)) for source in file.sources),
    ]
